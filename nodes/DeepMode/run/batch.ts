import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { inLanes } from '../../shared/lanes';
import { Turns } from '../../shared/turns';
import type { InWork } from './claims';
import type { Failure } from './failure';
import type { Cost } from './cost';
import { withCost } from './cost';
import { Progress } from './progress';
import { Results } from './results';

/** How a job ends. */
export type Ending =
	/** `cost`: of each, where it can cost something. */
	| { items: INodeExecutionData[]; cost?: Cost }
	/** `endsBatch`: what refused this job will refuse all that are not sent yet. */
	| { failure: Failure; endsBatch: boolean }
	/** Nothing was sent, since the run does not send any more. */
	| { left: true }
	/** Nothing was sent, since somebody else has it in work: it is waited for when all else is done. */
	| { inWork: InWork };

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

/** What a job threw. */
export interface Thrown {
	thrown: unknown;
}

/** Tells how a job ended. */
export type EndJob<Input> = (job: Job<Input>, ending: Ending | Thrown) => void;

/** What a run does with its items. */
export interface Batch<Input> {
	/** Jobs in work at once. */
	maxConcurrency: number;
	/** Whether each item is to say what it cost. */
	addCost?: boolean;
	/** Reads and checks the parameters of an item; throws what is wrong with them. */
	read: (itemIndex: number) => Input;
	/** Items whose inputs have the same key are one job; without it, each is its own. */
	keyOf?: (input: Input) => string;
	work: (job: Job<Input>) => Promise<Ending>;
	/** Waited for when the jobs of the first lanes are read, and the rest soon is; sends nothing. */
	prepareFirst?: (jobs: Array<Job<Input>>) => Promise<void>;
	/** Waited for before the first job starts, with all of them in order: there can be many. */
	start?: (jobs: Array<Job<Input>>) => Promise<void>;
	/** Waits for what others have in work; ends every job that it is given. */
	wait?: (jobs: Array<Job<Input>>, end: EndJob<Input>) => Promise<void>;
	/** Called when everything has ended. */
	done?: () => Promise<void> | void;
	/** What the user is to know when the run ends with an error, and its output is dropped. */
	note?: () => string;
	/** What is made of the output of a run that goes on. */
	finish?: (items: INodeExecutionData[]) => Promise<INodeExecutionData[]>;
}

/** So few items are read soon. */
const FEW = 200;

/**
 * Runs all items of a node, some of them at a time.
 *
 * Every item is read before the first is sent, in turns, since there can be many. With "continue on
 * error" a failing item becomes an error item; without it nothing is sent after the first failure,
 * and what is in work is waited for.
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
		try {
			await workThrough(context, batch, itemIndexes, results);
		} finally {
			await batch.done?.();
		}
		results.addToError(batch.note?.() ?? '');
	} catch (error) {
		// n8n would pass the inputs on as if they were results, were this thrown under "continue".
		results.failWith(itemIndexes, error);
	}
	const items = await results.toItems();
	try {
		return batch?.finish ? await batch.finish(items) : items;
	} catch (error) {
		results.failWith(itemIndexes, error);
		return await results.toItems();
	}
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
	const isOver = () => results.isOver || stop?.aborted === true;
	const sending = {
		maySend: () => !end && !isOver(),
		endSending: (failure: Failure) => {
			end ??= failure;
		},
	};
	const turns = new Turns();
	const jobs = await readJobs(batch, itemIndexes, results, sending, turns);
	if (isOver()) return;

	const toItems = ({ items, cost }: Extract<Ending, { items: unknown }>, isFirst: boolean) =>
		batch.addCost && cost ? withCost(items, cost, isFirst) : items;
	const total = jobs.reduce((sum, job) => sum + job.itemIndexes.length, 0);
	const progress = new Progress(context, total);
	const inWork: Array<Job<Input>> = [];
	const endJob: EndJob<Input> = (job, ending) => {
		if ('inWork' in ending && batch.wait) {
			inWork.push(job);
			return;
		}
		progress.ended(job, ending);
		const { itemIndexes: ended } = job;
		if ('items' in ending) {
			ended.forEach((itemIndex, position) =>
				results.succeed(itemIndex, toItems(ending, position === 0)),
			);
		} else if ('failure' in ending) results.fail(ended, ending.failure);
		else if ('thrown' in ending) results.failWith(ended, ending.thrown);
		else if (end) results.fail(ended, end);
		if ('failure' in ending && ending.endsBatch) sending.endSending(ending.failure);
	};
	await batch.start?.(jobs);
	await inLanes(jobs, batch.maxConcurrency, async (job) => {
		// What is not sent any more ends without waiting for anybody.
		await turns.next();
		if (isOver()) return;
		endJob(job, await endingOf(async () => await batch.work(job)));
	});
	if (inWork.length > 0) await batch.wait?.(inWork.splice(0), endJob);
}

/** How a job ends that fails, unless the run did not let it send. */
export function failedOrLeft(
	{ maySend }: Pick<Job<unknown>, 'maySend'>,
	failure: Failure,
	endsBatch = false,
): Ending {
	return maySend() ? { failure, endsBatch } : { left: true };
}

/** What a job throws is how it ends. */
export async function endingOf(work: () => Promise<Ending>): Promise<Ending | Thrown> {
	try {
		return await work();
	} catch (error) {
		return { thrown: error };
	}
}

async function readJobs<Input>(
	{ read, keyOf, maxConcurrency, prepareFirst }: Batch<Input>,
	itemIndexes: number[],
	results: Results,
	sending: Pick<Job<Input>, 'maySend' | 'endSending'>,
	turns: Turns,
): Promise<Array<Job<Input>>> {
	const jobs = new Map<unknown, Job<Input>>();
	let isPrepared = false;
	for (const itemIndex of itemIndexes) {
		await turns.next();
		if (!isPrepared && jobs.size >= maxConcurrency && itemIndexes.length - itemIndex <= FEW) {
			isPrepared = true;
			await prepareFirst?.([...jobs.values()].slice(0, maxConcurrency));
		}
		// One that is wrong, or Stop, ends the run: no use in reading the rest.
		if (!sending.maySend()) break;
		try {
			const input = read(itemIndex);
			const key = keyOf?.(input) ?? itemIndex;
			const job = jobs.get(key) ?? { input, itemIndexes: [], ...sending };
			job.itemIndexes.push(itemIndex);
			jobs.set(key, job);
		} catch (error) {
			results.failWith([itemIndex], error);
		}
	}
	return [...jobs.values()];
}
