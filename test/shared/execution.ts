import { parse } from 'flatted';
import type { IBinaryKeyData, IDataObject, IPairedItemData, IRunExecutionData } from 'n8n-workflow';

/** An output item of a node, as n8n stored it. */
export interface OutputItem {
	json: IDataObject;
	binary?: IBinaryKeyData;
	pairedItem?: IPairedItemData | IPairedItemData[] | number;
}

/** An error as n8n stored it: the JSON form of a `NodeApiError` or another error. */
export interface StoredError {
	name?: string;
	message: string;
	description?: string | null;
	httpCode?: string | null;
	[key: string]: unknown;
}

/** A workflow's execution, as n8n gives it out. */
export class Execution {
	readonly id: string;
	/** n8n's status, such as "success", "error", "canceled", "waiting". */
	readonly status: string;
	readonly data: IRunExecutionData;

	/** @param raw - the text of n8n's answer, unchanged, to search for what must not be in it */
	constructor(readonly raw: string) {
		const execution = (JSON.parse(raw) as { data: { id: string; status: string; data: string } })
			.data;
		this.id = execution.id;
		this.status = execution.status;
		this.data = parse(execution.data) as IRunExecutionData;
	}

	/** The error that ended the execution. */
	get error(): StoredError | undefined {
		return this.data.resultData.error as StoredError | undefined;
	}

	/**
	 * What came out of a node in its last run; no items if it did not run.
	 *
	 * @param output - index of the output: 1 is the error output of a node that has one
	 */
	items(nodeName: string, output = 0): OutputItem[] {
		const lastRun = this.data.resultData.runData[nodeName]?.at(-1);
		return (lastRun?.data?.main?.[output] ?? []) as OutputItem[];
	}
}
