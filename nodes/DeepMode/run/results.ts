import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { Turns } from '../../shared/turns';
import type { Failure } from './failure';
import { toNodeError } from './failure';
import { isTool } from './tool';

type ItemError = NodeApiError | NodeOperationError;

/** How the items of a run ended: each with its output, or with an error. */
export class Results {
	private readonly outputs = new Map<number, INodeExecutionData[]>();
	private readonly errors = new Map<number, ItemError>();

	constructor(private readonly context: IExecuteFunctions) {}

	succeed(itemIndex: number, items: INodeExecutionData[]): void {
		this.outputs.set(itemIndex, items);
	}

	/** Fails items that end together. There can be many, and an error takes its time to make. */
	fail(itemIndexes: number[], failure: Failure): void {
		const [itemIndex = 0] = itemIndexes;
		this.set(itemIndexes, toNodeError(this.context.getNode(), failure, itemIndex));
	}

	/** Fails items with what was thrown: an error of n8n's or ours as it is, any other wrapped. */
	failWith(itemIndexes: number[], error: unknown): void {
		const [itemIndex = 0] = itemIndexes;
		const isItemError = error instanceof NodeApiError || error instanceof NodeOperationError;
		this.set(
			itemIndexes,
			isItemError
				? error
				: new NodeOperationError(this.context.getNode(), error as Error, { itemIndex }),
		);
	}

	private set(itemIndexes: number[], error: ItemError): void {
		for (const itemIndex of itemIndexes) this.errors.set(itemIndex, error);
	}

	/**
	 * Whether a failure so far ends the run, since the node is not set to continue on error. A tool
	 * always goes on: of what it throws, n8n hands a part to the model at most.
	 */
	get isOver(): boolean {
		return this.errors.size > 0 && !this.context.continueOnFail() && !isTool(this.context);
	}

	private get lowestFailed(): number {
		return [...this.errors.keys()].reduce((lowest, itemIndex) => Math.min(lowest, itemIndex));
	}

	/** Adds something to the error that ends the run, e.g. what would be lost by it. */
	addToError(note: string): void {
		const error = this.isOver ? this.errors.get(this.lowestFailed) : undefined;
		if (error && note) error.description = `${error.description ?? ''} ${note}`.trim();
	}

	/**
	 * Puts the output together, in turns, since there can be many items.
	 *
	 * @returns all items in input order, paired; failed ones in the one shape that n8n sends to the
	 * error output: `{ error, message }`, where `message` says what to do
	 * @throws the error of the lowest item, if the run is over
	 */
	async toItems(): Promise<INodeExecutionData[]> {
		if (this.isOver) throw this.errors.get(this.lowestFailed) as ItemError;
		const items: INodeExecutionData[] = [];
		const turns = new Turns();
		for (const itemIndex of this.context.getInputData().keys()) {
			await turns.next();
			items.push(...this.itemsOf(itemIndex));
		}
		return items;
	}

	private itemsOf(itemIndex: number): INodeExecutionData[] {
		const error = this.errors.get(itemIndex);
		const items = error
			? [{ json: errorJson(error.message, error.description) }]
			: (this.outputs.get(itemIndex) ?? []);
		return items.map((item) => ({
			...item,
			// Items that share a result may be changed apart by later nodes.
			json: { ...item.json },
			pairedItem: { item: itemIndex },
		}));
	}
}

/** The one shape that n8n sends to the error output. @param message what to do */
export function errorJson(error: string, message?: string | null): IDataObject {
	return { error, ...(message && { message }) };
}
