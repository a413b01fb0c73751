import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Failure } from './failure';
import { Results } from './results';

/** How one item ends. */
export type Ending =
	| { items: INodeExecutionData[] }
	/** `endsBatch`: what refused this item will refuse all that are not sent yet. */
	| { failure: Failure; endsBatch: boolean };

/** What a run does with its items. */
export interface Batch<Input> {
	/** Items in flight at once. */
	maxConcurrency: number;
	/** Reads and checks the parameters of an item; throws what is wrong with them. */
	read: (itemIndex: number) => Input;
	work: (input: Input) => Promise<Ending>;
}

/**
 * Runs all items of a node, some of them at a time.
 *
 * Every item is read before the first is sent. With "continue on error" a failing item becomes an
 * error item; without it nothing is sent after the first failure, and what is in flight is waited
 * for.
 *
 * @param prepare reads what the items have in common; if it throws, every item fails with that
 * @returns the items' outputs, paired and in input order
 * @throws NodeApiError or NodeOperationError of the lowest failing item
 */
export async function runBatch<Input>(
	context: IExecuteFunctions,
	prepare: () => Promise<Batch<Input>>,
): Promise<INodeExecutionData[]> {
	const results = new Results(context);
	const itemIndexes = [...context.getInputData().keys()];
	try {
		await workThrough(context, await prepare(), itemIndexes, results);
	} catch (error) {
		// n8n would pass the inputs on as if they were results, were this thrown under "continue".
		itemIndexes.forEach((itemIndex) => results.failWith(itemIndex, error));
	}
	return results.toItems();
}

async function workThrough<Input>(
	context: IExecuteFunctions,
	batch: Batch<Input>,
	itemIndexes: number[],
	results: Results,
): Promise<void> {
	const stop = context.getExecutionCancelSignal();
	const jobs = readAll(batch, itemIndexes, results);
	let end: Failure | undefined;

	await inLanes(jobs, batch.maxConcurrency, async ({ itemIndex, input }) => {
		if (stop?.aborted || results.isOver) return;
		if (end) return results.fail(itemIndex, end);
		try {
			const ending = await batch.work(input);
			if ('items' in ending) return results.succeed(itemIndex, ending.items);
			results.fail(itemIndex, ending.failure);
			if (ending.endsBatch) end = ending.failure;
		} catch (error) {
			results.failWith(itemIndex, error);
		}
	});
}

function readAll<Input>(
	batch: Batch<Input>,
	itemIndexes: number[],
	results: Results,
): Array<{ itemIndex: number; input: Input }> {
	return itemIndexes.flatMap((itemIndex) => {
		try {
			return [{ itemIndex, input: batch.read(itemIndex) }];
		} catch (error) {
			results.failWith(itemIndex, error);
			return [];
		}
	});
}

/** Works through a list with so many at once, starting each as soon as a lane is free. */
async function inLanes<Job>(
	jobs: Job[],
	lanes: number,
	work: (job: Job) => Promise<void>,
): Promise<void> {
	const queue = jobs.values();
	const lane = async () => {
		for (const job of queue) await work(job);
	};
	await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, lane));
}
