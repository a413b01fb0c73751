import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

/** A submission that DeepMode may have accepted. */
export interface OpenSubmission extends IDataObject {
	/** What was seen instead of an answer. */
	seen: string;
	/** Whether whoever answered was not working on it for long. */
	isBrief: boolean;
}

interface Entries extends IDataObject {
	executionId: string;
	/** By run and item: the image, and what came out for it. */
	finished: Record<string, { imageId: string; json: IDataObject }>;
	/** By image, since n8n counts each try of an AI tool as a run of its own. */
	open: Record<string, OpenSubmission>;
}

/**
 * What a node has submitted in this execution. With Retry On Fail n8n runs the whole node again over
 * all its items, and nothing may be submitted twice by that.
 */
export class Memory {
	private readonly entries: Entries;
	private readonly run: string;
	/** Images that were paid for in the execution that this one is the user's retry of. */
	private readonly paidEarlier: Set<string>;

	constructor(context: IExecuteFunctions) {
		const executionId = context.getExecutionId();
		const fresh: Entries = { executionId, finished: {}, open: {} };
		// n8n stores a node's context with the execution: without retries there is no need to.
		const isRetried = context.getNode().retryOnFail === true;
		const store = isRetried ? context.getContext('node') : {};
		const stored = store.submitted as Entries | undefined;
		this.entries = stored?.executionId === executionId ? stored : fresh;
		store.submitted = this.entries;
		this.run = isRetried ? String(context.evaluateExpression('{{ $runIndex }}', 0)) : '';
		this.paidEarlier = new Set(
			stored && stored !== this.entries
				? Object.values(stored.finished).map(({ imageId }) => imageId)
				: [],
		);
	}

	/** What came out for an item in an earlier try. */
	finished(itemIndex: number, imageId: string): IDataObject | undefined {
		const entry = this.entries.finished[this.key(itemIndex)];
		return entry?.imageId === imageId ? entry.json : undefined;
	}

	/** Whether an image was paid for in an earlier execution, of which this one is a retry. */
	wasPaidEarlier(imageId: string): boolean {
		return this.paidEarlier.has(imageId);
	}

	/** The submission of an image that DeepMode may have accepted in an earlier try. */
	open(imageId: string): OpenSubmission | undefined {
		return this.entries.open[imageId];
	}

	/** Before a submission is sent: whatever happens now, it counts as sent. */
	submitting(imageId: string): void {
		this.unanswered(imageId, { seen: 'an earlier try got no answer', isBrief: false });
	}

	unanswered(imageId: string, submission: OpenSubmission): void {
		this.entries.open[imageId] = submission;
	}

	/** DeepMode surely did not accept it. */
	notAccepted(imageId: string): void {
		delete this.entries.open[imageId];
	}

	finish(itemIndex: number, imageId: string, json: IDataObject): void {
		delete this.entries.open[imageId];
		this.entries.finished[this.key(itemIndex)] = { imageId, json };
	}

	private key(itemIndex: number): string {
		return `${this.run}/${itemIndex}`;
	}
}
