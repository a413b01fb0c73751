import { randomUUID } from 'node:crypto';

import { parse, stringify } from 'flatted';
import type {
	ICredentialDataDecryptedObject,
	IExecuteData,
	INodeExecutionData,
	INodeType,
	IRun,
	IRunExecutionData,
	Workflow,
} from 'n8n-workflow';

import { Execution } from '../../shared/execution';
import type { WorkflowFile } from '../../shared/workflows';
import { toWorkflow } from '../engine';

/** An execution as n8n's database has it. */
export class WaitingExecution {
	readonly id = randomUUID();
	status: IRun['status'] = 'new';
	/** When n8n goes on by itself. */
	waitTill?: Date;
	/** In n8n's own format; missing while it runs for the first time. */
	private data?: string;
	private readonly end = Promise.withResolvers<void>();

	/**
	 * @param types the types of its nodes, by their names
	 * @param workflowId two executions with the same are of one workflow
	 */
	constructor(
		readonly credentials: ICredentialDataDecryptedObject,
		private readonly file: WorkflowFile,
		private readonly types: Record<string, INodeType>,
		private readonly workflowId?: string,
	) {}

	/** Its workflow, anew for each part of it that runs. */
	workflow(): Workflow {
		return toWorkflow(this.file, this.types, this.workflowId);
	}

	store({ status, data, waitTill }: Pick<IRun, 'status' | 'data' | 'waitTill'>): void {
		this.status = status;
		this.data = stringify(data);
		this.waitTill = waitTill ?? undefined;
		if (status !== 'waiting') this.end.resolve();
	}

	/** A copy of what is stored. */
	load(): IRunExecutionData | undefined {
		return this.data === undefined ? undefined : (parse(this.data) as IRunExecutionData);
	}

	/** As it is now. */
	now(): Execution {
		const { id, status, data } = this;
		return new Execution(JSON.stringify({ data: { id, status, data } }));
	}

	/** As it is when it has ended, however it ended. */
	async ended(): Promise<Execution> {
		await this.end.promise;
		return this.now();
	}

	/** What comes out of the paused node if nothing else does: n8n stores it as its input. */
	storedInput(): INodeExecutionData[] {
		return pausedNode(this.load() as IRunExecutionData).data.main?.[0] ?? [];
	}

	/** Does what the Stop button does while it is paused. */
	stop(): void {
		this.store({ status: 'canceled', data: this.load() as IRunExecutionData });
	}
}

/** What n8n goes on with. */
export function pausedNode(data: IRunExecutionData): IExecuteData {
	return data.executionData?.nodeExecutionStack[0] as IExecuteData;
}
