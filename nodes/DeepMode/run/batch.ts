import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { inLanes } from '../../shared/lanes';
import type { Failure } from './failure';
import { Results } from './results';

/** How a job ends. */
export type Ending =
	| { items: INodeExecutionData[] }
	/** `endsBatch`: what refused this job will refuse all that are not sent yet. */
	| { failure: Failure; endsBatch: boolean }
	/** Nothing was sent, since the run does not send any more. */
	| { left: true };

/** Items that want the same, and get it together. */
export interface Job<Input> {
	input: Input;
	/** At least one, in order. */
	itemIndexes: number[];
	/** Whether the run still sends what costs credits. Work that has not sent by then is left. */
	maySend: () => boolean;
	/** Ends that, whatever comes of this job: what is not sent yet fails with this. */
	endSending: (failure: Failure) => void;
}

/** What a run does with its items. */
export interface Batch<Input> {
	/** Jobs in work at once. */
	maxConcurrency: number;
	/** Reads and checks the parameters of an item; throws what is wrong with them. */
	read: (itemIndex: number) => Input;
	/** Items whose inputs have the same key are one job; without it, each is its own. */
	keyOf?: (input: Input) => string;
	work: (job: Job<Input>) => Promise<Ending>;
	/** Called when everything has ended. */
	done?: () => void;
	/** What the user is to know when the run ends with an error, and its output is dropped. */
	note?: () => string;
	/** What is made of the output of a run that goes on. */
	finish?: (items: INodeExecutionData[]) => Promise<INodeExecutionData[]>;
}

/**
 * Runs all items of a node, some of them at a time.
 *
 * Every item is read before the first is sent. With "continue on error" a failing item becomes an
 * error item; without it nothing is sent after the first failure, and what is in work is waited
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
	let batch: Batch<Input> | undefined;
	try {
		batch = await prepare();
		await workThrough(context, batch, itemIndexes, results);
		batch.done?.();
		results.addToError(batch.note?.() ?? '');
	} catch (error) {
		// n8n would pass the inputs on as if they were results, were this thrown under "continue".
		itemIndexes.forEach((itemIndex) => results.failWith(itemIndex, error));
	}
	const items = results.toItems();
	return batch?.finish ? await batch.finish(items) : items;
}

/**
 * Ends a run that cannot start: every item fails.
 *
 * @throws the error, unless the node is set to continue on error
 */
export async function failAll(
	context: IExecuteFunctions,
	error: Error,
): Promise<INodeExecutionData[]> {
	return await runBatch(context, async () => await Promise.reject(error));
}

async function workThrough<Input>(
	context: IExecuteFunctions,
	batch: Batch<Input>,
	itemIndexes: number[],
	results: Results,
): Promise<void> {
	const stop = context.getExecutionCancelSignal();
	let end: Failure | undefined;
	const sending = {
		maySend: () => !end && !stop?.aborted && !results.isOver,
		endSending: (failure: Failure) => {
			end ??= failure;
		},
	};
	const jobs = readJobs(batch, itemIndexes, results, sending);

	await inLanes(jobs, batch.maxConcurrency, async (job) => {
		const ending = await workOn(batch, job);
		for (const itemIndex of job.itemIndexes) {
			if ('items' in ending) results.succeed(itemIndex, ending.items);
			else if ('failure' in ending) results.fail(itemIndex, ending.failure);
			else if ('thrown' in ending) results.failWith(itemIndex, ending.thrown);
			else if (end) results.fail(itemIndex, end);
		}
		if ('failure' in ending && ending.endsBatch) sending.endSending(ending.failure);
	});
}

async function workOn<Input>(
	batch: Batch<Input>,
	job: Job<Input>,
): Promise<Ending | { thrown: unknown }> {
	try {
		return await batch.work(job);
	} catch (error) {
		return { thrown: error };
	}
}

function readJobs<Input>(
	{ read, keyOf }: Batch<Input>,
	itemIndexes: number[],
	results: Results,
	sending: Pick<Job<Input>, 'maySend' | 'endSending'>,
): Array<Job<Input>> {
	const jobs = new Map<unknown, Job<Input>>();
	for (const itemIndex of itemIndexes) {
		try {
			const input = read(itemIndex);
			const key = keyOf?.(input) ?? itemIndex;
			const job = jobs.get(key) ?? { input, itemIndexes: [], ...sending };
			job.itemIndexes.push(itemIndex);
			jobs.set(key, job);
		} catch (error) {
			results.failWith(itemIndex, error);
		}
	}
	return [...jobs.values()];
}
