import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isTool } from './tool';

/** A submission that DeepMode may have accepted. */
export interface OpenSubmission {
	/** What was seen instead of an answer. */
	seen: string;
	/** Whether whoever answered was not working on it for long. */
	isBrief: boolean;
}

/** What is known of an item's submission. */
interface Entry {
	/** What was asked for, e.g. the image ID. */
	request: string;
	/** What came out; missing while the submission is open. Without Retry On Fail the IDs only. */
	items?: IDataObject[];
	/** What else tells the request, where the same item may come to ask for something else. */
	about?: string;
	open?: OpenSubmission;
	/** How often it came out of a tool. */
	times?: number;
}

type Entries = Record<string, Entry & IDataObject>;

interface Store extends IDataObject {
	executionId: string;
	entries: Entries;
	/** What was submitted, in credits. */
	credits?: number;
	/** What the executions knew of which this one is a retry: each of its tries is to know it. */
	earlier: Entries;
}

/** Those whose answer this process waits for. */
const inFlight = new WeakSet<Entry>();

/**
 * What a node has submitted in this execution. With Retry On Fail n8n runs the whole node again over
 * all its items, and nothing may be submitted twice by that.
 */
export class Memory {
	private readonly store: Store;
	/** Whether the node is used as a tool; n8n makes a copy of the node for each question. */
	readonly isTool: boolean;
	private readonly isRetried: boolean;
	private readonly run: string;
	private readonly nodeId: string;

	constructor(context: IExecuteFunctions) {
		const executionId = context.getExecutionId();
		const { id, retryOnFail } = context.getNode();
		const nodeContext = context.getContext('node');
		const stored = nodeContext.submitted as Store | undefined;
		const isOurs = stored?.executionId === executionId;
		this.store = isOurs
			? stored
			: { executionId, entries: {}, earlier: { ...stored?.earlier, ...stored?.entries } };
		nodeContext.submitted = this.store;
		this.isTool = isTool(context);
		this.isRetried = retryOnFail === true;
		this.nodeId = id;
		this.run = String(context.evaluateExpression('{{ $runIndex }}', 0));
	}

	/** Credits that this node has submitted in this execution, in all its runs and tries. */
	get credits(): number {
		return this.store.credits ?? 0;
	}

	set credits(credits: number) {
		this.store.credits = credits;
	}

	/** Tells a run of a node from all others, in whatever execution: the same in every try. */
	get round(): string {
		return `${this.store.executionId}/${this.nodeId}/${this.run}`;
	}

	/** Who submits an item: the same in every try of this execution. */
	owner(itemIndex: number, request: string): string {
		// What came out of a tool, e.g. that it was handed over, can still be in work: who asks for it
		// again is somebody else.
		const times = this.times(itemIndex, request);
		return `${this.store.executionId}/${this.nodeId}/${this.key(itemIndex, request)}/${times}`;
	}

	/** What came out for an item in an earlier try. */
	finished(itemIndex: number, request: string): IDataObject[] | undefined {
		// A tool that has finished is not tried again: the same request is a new one.
		return this.isTool ? undefined : this.entry(this.store.entries, itemIndex, request)?.items;
	}

	/** What came out for an item in the execution that the user retries. */
	finishedEarlier(itemIndex: number, request: string, about?: string): IDataObject[] | undefined {
		const entry = this.entry(this.store.earlier, itemIndex, request);
		return entry?.about === about ? entry?.items : undefined;
	}

	/** The submission of an item that DeepMode may have accepted in an earlier try. */
	open(itemIndex: number, request: string): OpenSubmission | undefined {
		return this.entry(this.store.entries, itemIndex, request)?.open;
	}

	/** As `open`, in the execution that the user retries. */
	openEarlier(itemIndex: number, request: string): OpenSubmission | undefined {
		return this.entry(this.store.earlier, itemIndex, request)?.open;
	}

	/** Before a submission is sent: whatever happens now, it counts as sent. */
	submitting(itemIndex: number, request: string): void {
		const open = { seen: 'an earlier try got no answer', isBrief: false };
		inFlight.add(this.unanswered(itemIndex, request, open));
	}

	/** Whether the answer is still waited for: then it is not an earlier try that has sent it. */
	isInFlight(itemIndex: number, request: string): boolean {
		const entry = this.entry(this.store.entries, itemIndex, request);
		return entry !== undefined && inFlight.has(entry);
	}

	unanswered(itemIndex: number, request: string, open: OpenSubmission): Entry {
		const times = this.times(itemIndex, request);
		const entry = { request, open: { ...open }, ...(times > 0 && { times }) };
		this.store.entries[this.key(itemIndex, request)] = entry;
		return entry;
	}

	/** DeepMode surely did not accept it. */
	notAccepted(itemIndex: number, request: string): void {
		delete this.store.entries[this.key(itemIndex, request)];
	}

	finish(itemIndex: number, request: string, items: IDataObject[], about?: string): void {
		// n8n stores this with the execution: what nobody will ask for is not kept.
		const kept = this.isRetried ? items : items.map(({ id }) => ({ id }));
		const times = this.times(itemIndex, request);
		this.store.entries[this.key(itemIndex, request)] = {
			request,
			items: kept,
			...(about && { about }),
			...(this.isTool && { times: times + 1 }),
		};
	}

	/** How often it came out of a tool. */
	private times(itemIndex: number, request: string): number {
		return this.entry(this.store.entries, itemIndex, request)?.times ?? 0;
	}

	private entry(entries: Entries, itemIndex: number, request: string): Entry | undefined {
		const key = this.key(itemIndex, request);
		const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
		return entry?.request === request ? entry : undefined;
	}

	/** n8n counts each try of a tool as a run of its own, so there the request tells it. */
	private key(itemIndex: number, request: string): string {
		return this.isTool ? request : `${this.run}/${itemIndex}`;
	}
}
