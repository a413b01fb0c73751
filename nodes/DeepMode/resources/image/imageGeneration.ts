import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import type { Outcome } from '../../../shared/api/outcome';
import { isFree, judgeGeneration, judgeSubmission } from '../../../shared/api/outcome';
import { creditsPerImage, imageCount } from '../../../shared/api/prices';
import { shorten } from '../../../shared/text';
import { Turns } from '../../../shared/turns';
import type { Ending, Job } from '../../run/batch';
import { failedOrLeft } from '../../run/batch';
import type { OpenSubmission } from '../../run/memory';
import { leastTime } from '../../run/options';
import type { Run } from '../../run/run';
import {
	creditsMissing,
	endsBatch,
	generationUnknown,
	notSent,
	overLimit,
	refused,
} from './messages';

/** What an item asks for. */
export interface Generation {
	/** In the API's own names. */
	parameters: IDataObject;
	/** Async mode: where the result goes, signed when it is sent. */
	callback?: () => string;
}

/** What items are still to cost, in credits: nothing more if an earlier try has submitted them. */
export async function creditsToSubmit(run: Run, jobs: Array<Job<Generation>>): Promise<number> {
	const turns = new Turns();
	let credits = 0;
	for (const job of jobs) {
		await turns.next();
		const { parameters } = job.input;
		const itemIndex = job.itemIndexes[0] as number;
		const request = requestOf(run, parameters);
		const wasSubmitted =
			run.memory.finished(itemIndex, request) ??
			openSubmission(run, itemIndex, request) ??
			generatedEarlier(run, job);
		if (!wasSubmitted) credits += creditsOf(parameters);
	}
	return credits;
}

/**
 * What came out for an item in the execution that the user retries: it is not submitted again. What
 * was handed over is, since nothing but the acknowledgement is known of it.
 */
function generatedEarlier(
	run: Run,
	{ input: { parameters, callback }, itemIndexes }: Job<Generation>,
): IDataObject[] | undefined {
	if (callback) return undefined;
	const request = requestOf(run, parameters);
	return run.memory.finishedEarlier(itemIndexes[0] as number, request, hashOf(parameters));
}

/** There is no image ID to look at yet, so what is not known stays so, in all tries. */
export async function generateImages(
	run: Run,
	job: Job<Generation>,
	deadline: number,
): Promise<Ending> {
	const { budget, memory, tally } = run;
	const { parameters, callback } = job.input;
	const itemIndex = job.itemIndexes[0] as number;
	const name = `what item ${itemIndex} asks for`;
	const request = requestOf(run, parameters);

	const credits = creditsOf(parameters);
	const paid = callback ? credits : creditsPerImage(parameters);

	const finished = memory.finished(itemIndex, request);
	if (finished) return toItems(finished, paid);
	const open = openSubmission(run, itemIndex, request);
	if (open) return notKnown(name, open.seen, job.input);
	if (!job.maySend()) return { left: true };
	const earlier = generatedEarlier(run, job);
	if (earlier) return await refreshed(run, earlier, deadline);

	const send = async () => await submit(run, job, request, deadline);
	const spent = await budget.spend(credits, send, isFree);
	if (!spent) return failedOrLeft(job, overLimit(name, credits, budget));
	const { outcome } = spent;
	const finish = (items: IDataObject[], about?: string): Ending => {
		memory.finish(itemIndex, request, items, about);
		return toItems(items, paid);
	};
	switch (outcome?.is) {
		case 'image':
		case 'images': {
			const images = outcome.is === 'image' ? [outcome.image] : outcome.images;
			const ids = images.map(({ id }) => String(id));
			tally.addGenerated(ids, imageCount(parameters), credits);
			return finish(images, hashOf(parameters));
		}
		case 'acknowledged':
			// No image of it is known, should a retry wait for the result.
			return finish([{ ...outcome.body, mode: 'async' }]);
		case 'unknown':
			memory.unanswered(itemIndex, request, outcome);
			if (outcome.isBroke) job.endSending(creditsMissing(outcome.seen));
			tally.addUnknown(credits);
			return notKnown(name, outcome.seen, job.input);
		case 'refused': {
			memory.notAccepted(itemIndex, request);
			const isModel = outcome.status === 404;
			const subject = {
				name: isModel ? `model "${shorten(String(parameters.model_id), 60)}"` : name,
				action: 'generate',
				advice: 'Check the model ID, the prompt and the options.',
			};
			return { failure: refused(subject, outcome), endsBatch: endsBatch(outcome) };
		}
		default:
			memory.notAccepted(itemIndex, request);
			return failedOrLeft(job, notSent(name, outcome), endsBatch(outcome));
	}
}

/**
 * What an earlier try sent. Whoever asks for the same while its answer is waited for is another call
 * of a tool, and gets images of its own: some agents make all calls of a message at once.
 */
function openSubmission(
	{ memory }: Run,
	itemIndex: number,
	request: string,
): OpenSubmission | undefined {
	return memory.isInFlight(itemIndex, request) ? undefined : memory.open(itemIndex, request);
}

async function submit(
	{ client, memory, sender, options }: Run,
	{ input: { parameters, callback }, itemIndexes, maySend }: Job<Generation>,
	request: string,
	deadline: number,
): Promise<Outcome | undefined> {
	return await sender.send(
		{
			send: async (timeout) => {
				memory.submitting(itemIndexes[0] as number, request);
				return await client.generate(parameters, timeout, callback?.());
			},
			judge: callback ? judgeSubmission : judgeGeneration,
			maySend,
			leastTime: leastTime(options),
		},
		deadline,
	);
}

/**
 * What tells a request from another in one execution: for a tool its parameters; else the item alone,
 * since the parameters of one item may come out differently in each try.
 */
function requestOf({ memory }: Run, parameters: IDataObject): string {
	return memory.isTool ? JSON.stringify(parameters) : '';
}

/** The user may change the prompt before a retry. */
function hashOf(parameters: IDataObject): string {
	return createHash('sha256').update(JSON.stringify(parameters)).digest('base64');
}

/** The images of an earlier execution, with fresh URLs. */
async function refreshed(run: Run, items: IDataObject[], deadline: number): Promise<Ending> {
	const images = await Promise.all(
		items.map(async (item) => {
			const outcome = await run.reader.lookUntilAnswered(String(item.id), deadline);
			return outcome?.is === 'image' ? outcome.image : item;
		}),
	);
	return toItems(images, 0);
}

/** @param credits what each item cost */
function toItems(items: IDataObject[], credits: number): Ending {
	return { items: items.map((json) => ({ json })), cost: { credits, wasUpscaled: false } };
}

/** With a callback on its way it is no error: the callback may still come. */
function notKnown(name: string, seen: string, { callback, parameters }: Generation): Ending {
	return callback
		? {
				items: [{ json: { mode: 'async', accepted: 'unknown', message: seen } }],
				cost: { wasUpscaled: false },
			}
		: { failure: generationUnknown(name, seen, creditsOf(parameters)), endsBatch: false };
}

function creditsOf(parameters: IDataObject): number {
	return imageCount(parameters) * creditsPerImage(parameters);
}
