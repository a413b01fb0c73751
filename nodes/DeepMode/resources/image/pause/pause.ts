import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { delay } from '../../../../shared/delay';
import { growingPauses } from '../../../../shared/growingPauses';
import type { Batch, Job } from '../../../run/batch';
import type { RunOptions } from '../../../run/options';
import { readRunOptions } from '../../../run/options';
import type { Run } from '../../../run/run';
import { prepareRun } from '../../../run/run';
import { isTool } from '../../../run/tool';
import { aroundUpscales } from '../aroundUpscales';
import { endingWithFiles } from '../endingWithFiles';
import { hintAtCallbackUrls } from '../handOver/callbackHints';
import type { HandedOver, Waiting } from '../imageUpscaling';
import { ImageUpscaling } from '../imageUpscaling';
import { readBinaryField, readImageId } from '../parameters';
import { waitForOthers } from '../waitForOthers';
import { ringFor } from './bell';
import { complete } from './complete';
import { look } from './look';
import { readMaxWait } from './maxWait';
import { park, resumeUrlOf } from './park';
import { isPending, pendingIds, pendingItem } from './pending';
import { enterRound } from './rounds';
import { Sightings } from './sightings';
import { ticketUrl } from './ticket';

/** How long the last look before parking may take, in milliseconds: callbacks find nobody yet. */
const LAST_LOOK = 5000;
/** How long to look, before parking, at images whose submission got no clear answer. */
const SETTLING = 60_000;
/** The first pause between these looks, in milliseconds. */
const FIRST_PAUSE = 500;

/** How and when the execution is to come back. */
interface Pause {
	resumeUrl: string;
	round: string;
	/** In milliseconds. */
	maxWait: number;
	/** The binary field for files; none are wanted without it. */
	field?: string;
}

/**
 * This room parks an execution (`park`), looks at its images (`look`, `sightings`), believes who has
 * a ticket (`ticket`), makes what comes out (`complete`), answers calls to it (`resume`) and calls
 * itself (`bell`). What a process knows of a parked execution, and the drawing of its life, is in
 * `rounds`.
 *
 * Pause mode: submits all images, then parks the execution until all have ended.
 */
export async function pauseUntilCalledBack(
	context: IExecuteFunctions,
): Promise<Batch<{ imageId: string }>> {
	const options = readRunOptions(context);
	const maxWait = readMaxWait(context);
	refuseWhatCannotPause(context, options);
	const field = readBinaryField(context);
	const run = await prepareRun(context, options);
	// What an earlier try has submitted calls back with its round.
	const { round } = run.memory;
	const pause = { resumeUrl: resumeUrlOf(context), round, maxWait, field };
	const { apiKey } = run.client;
	const unclear = new Set<string>();
	const handOver = async (job: Job<{ imageId: string }>, waiting?: Waiting) => {
		const { imageId } = job.input;
		const upscaling = new ImageUpscaling(run, job);
		const callback = () => ticketUrl(pause.resumeUrl, imageId, { ...pause, apiKey });
		const output: HandedOver = {
			existing: (image) => image,
			accepted: () => pendingItem(imageId),
			earlier: () => pendingItem(imageId),
			unknown: () => {
				unclear.add(imageId);
				return pendingItem(imageId);
			},
		};
		const ending = await upscaling.handOver(callback, output, waiting);
		const isOpen = 'items' in ending && ending.items.some(isPending);
		return isOpen ? ending : await endingWithFiles(run, ending, field, upscaling.deadline);
	};
	return {
		maxConcurrency: options.maxConcurrency,
		addCost: options.addCost,
		read: (itemIndex) => ({ imageId: readImageId(context, itemIndex) }),
		keyOf: ({ imageId }) => imageId,
		...aroundUpscales(run),
		work: handOver,
		wait: async (jobs, end) => await waitForOthers(run, jobs, handOver, end),
		finish: async (items) => {
			const sightings = new Sightings();
			await settle(run, [...unclear], sightings);
			return await parkOrGoOn(run, items, sightings, pause);
		},
	};
}

/** Looks at images again and again, for a while, whether they are upscaled all the same. */
async function settle(run: Run, imageIds: string[], sightings: Sightings): Promise<void> {
	const { options, reader, stop } = run;
	const deadline = Date.now() + SETTLING;
	const isOver = () => imageIds.every((id) => sightings.hasEnded(id)) || stop?.aborted === true;
	for (const pause of growingPauses(FIRST_PAUSE)) {
		if (isOver() || Date.now() + pause >= deadline) return;
		await delay(pause, stop);
		await look(reader, sightings, imageIds, { lanes: options.maxConcurrency, all: true, deadline });
	}
}

async function parkOrGoOn(
	{ context, options, reader, stop }: Run,
	items: INodeExecutionData[],
	sightings: Sightings,
	{ resumeUrl, round, maxWait, field }: Pause,
): Promise<INodeExecutionData[]> {
	const imageIds = pendingIds(items);
	if (imageIds.length === 0) return items;
	const { maxConcurrency: lanes, timeout } = options;
	await look(reader, sightings, imageIds, { lanes, deadline: Date.now() + LAST_LOOK });
	if (imageIds.every((imageId) => sightings.hasEnded(imageId))) {
		const files = { field, lanes, timeout, deadline: Infinity };
		return await complete(context, reader, items, sightings, files);
	}
	if (stop?.aborted) return items;

	hintAtCallbackUrls(context, new Set([resumeUrl]));
	hintAtParent(context);
	// The editor shows it while the execution is parked.
	context.setMetadata({ resumeUrl });
	const since = Date.now();
	const limit = since + maxWait;
	const parked = { round, since, limit, lanes, timeout, ...(field && { field }) };
	const output = await park(context, items, parked);
	const begun = enterRound(resumeUrl, parked);
	if (begun) {
		begun.sightings = sightings;
		void ringFor(context, begun);
	}
	return output;
}

/** What n8n makes of a pause in a sub-workflow is not the node's to change. */
function hintAtParent(context: IExecuteFunctions): void {
	if (context.getMode() !== 'integrated') return;
	context.addExecutionHints?.({
		message:
			'Another workflow started this one. When the pause ends, n8n gives it the items of one execution only: let it run this workflow once for all items, and not once for each.',
		type: 'warning',
		location: 'outputPane',
	});
}

/** @throws NodeOperationError if no callback could end the pause */
function refuseWhatCannotPause(context: IExecuteFunctions, { returnsExisting }: RunOptions): void {
	if (isTool(context)) {
		throw new NodeOperationError(
			context.getNode(),
			'Pause Until Called Back does not work as a tool of an AI agent',
			{
				description:
					'n8n cannot put an agent aside in the middle of its work. Set Mode to Wait for the Result. Nothing was sent.',
			},
		);
	}
	if (!returnsExisting) {
		throw new NodeOperationError(
			context.getNode(),
			'Pause Until Called Back does not work with Upscale Again',
			{
				description:
					'Whether an image is finished is seen by its being upscaled, and with Upscale Again it is upscaled before. Set If Already Upscaled to Return Existing Image, or Mode to Wait for the Result. Nothing was sent.',
			},
		);
	}
}
