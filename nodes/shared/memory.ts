import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

/** What is known of an item's submission from an earlier try of the same execution. */
export interface Remembered {
	imageId: string;
	/** The item that came out; missing if the submission's outcome was not known. */
	json?: IDataObject;
}

/**
 * What a node has submitted in this execution. With Retry On Fail n8n runs the whole node again over
 * all its items, and nothing may be submitted twice by that.
 */
export class Memory {
	private readonly entries: Record<string, Remembered>;
	private readonly run: string;

	constructor(context: IExecuteFunctions) {
		const isRetried = context.getNode().retryOnFail === true;
		this.run = isRetried ? String(context.evaluateExpression('{{ $runIndex }}', 0)) : '';
		// n8n stores a node's context with the execution: without retries there is no need to.
		this.entries = isRetried
			? ((context.getContext('node').submitted ??= {}) as Record<string, Remembered>)
			: {};
	}

	recall(itemIndex: number, imageId: string): Remembered | undefined {
		const entry = this.entries[this.key(itemIndex)];
		return entry?.imageId === imageId ? entry : undefined;
	}

	remember(itemIndex: number, entry: Remembered): void {
		this.entries[this.key(itemIndex)] = entry;
	}

	private key(itemIndex: number): string {
		return `${this.run}/${itemIndex}`;
	}
}
