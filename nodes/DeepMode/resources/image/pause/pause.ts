import { randomUUID } from 'crypto';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { DeepModeImage } from '../../../../shared/api/image';
import type { Batch } from '../../../run/batch';
import type { RunOptions } from '../../../run/options';
import { readRunOptions } from '../../../run/options';
import type { Run } from '../../../run/run';
import { prepareRun } from '../../../run/run';
import { isTool } from '../../../run/tool';
import { endingWithFiles } from '../endingWithFiles';
import { hintAtCallbackUrls } from '../handOver/callbackHints';
import { expectClaims, ImageUpscaling } from '../imageUpscaling';
import { readBinaryField, readImageId } from '../parameters';
import { complete } from './complete';
import { lookForFinished } from './lookForFinished';
import { readMaxWait } from './maxWait';
import { park, resumeUrlOf } from './park';
import { isPending, pendingIds, pendingItem } from './pending';
import { isHeard, ringUntil } from './selfCall';

/**
 * When the node rings at its own door, in milliseconds: a callback that came before n8n had stored
 * the parked execution found nobody.
 */
const RINGS = [1000, 2000, 4000, 8000, 16_000];

/** How long the last look before parking may take, in milliseconds: callbacks find nobody yet. */
const LAST_LOOK = 5000;

/**
 * This room parks an execution (`park`), looks at its images (`lookForFinished`), makes what comes
 * out (`complete`), answers calls to it (`resume`) and calls itself (`selfCall`).
 *
 * Pause mode: submits all images, then parks the execution until all are finished. What comes out
 * then is made in `resume`.
 */
export async function pauseUntilCalledBack(
	context: IExecuteFunctions,
): Promise<Batch<{ imageId: string }>> {
	const options = readRunOptions(context);
	const maxWait = readMaxWait(context);
	refuseWhatCannotPause(context, options);
	const field = readBinaryField(context);
	const resumeUrl = resumeUrlOf(context);
	const run = await prepareRun(context, options);
	return {
		maxConcurrency: options.maxConcurrency,
		read: (itemIndex) => ({ imageId: readImageId(context, itemIndex) }),
		keyOf: ({ imageId }) => imageId,
		start: (jobs) => expectClaims(run, jobs),
		work: async (job) => {
			const upscaling = new ImageUpscaling(run, job);
			const pending = () => pendingItem(job.input.imageId);
			const ending = await upscaling.handOver(resumeUrl, {
				existing: (image) => image,
				accepted: pending,
				earlier: pending,
				unknown: pending,
			});
			const isOpen = 'items' in ending && ending.items.some(isPending);
			return isOpen ? ending : await endingWithFiles(run, ending, field, upscaling.deadline);
		},
		done: async () => {
			await run.claims.finish();
			run.tally.report(context);
		},
		finish: async (items) => await parkOrGoOn(run, items, { resumeUrl, maxWait, field }),
	};
}

async function parkOrGoOn(
	run: Run,
	items: INodeExecutionData[],
	{ resumeUrl, maxWait, field }: { resumeUrl: string; maxWait: number; field?: string },
): Promise<INodeExecutionData[]> {
	const imageIds = pendingIds(items);
	if (imageIds.length === 0) return items;
	const { context, options, reader, stop } = run;
	const lanes = options.maxConcurrency;
	const finished = new Map<string, DeepModeImage>();
	const lastLook = Date.now() + LAST_LOOK;
	if ((await lookForFinished(reader, imageIds, finished, lanes, lastLook)) === 'finished') {
		const deadline = Date.now() + options.timeout;
		return await complete(context, reader, items, finished, { field, lanes, deadline });
	}
	if (stop?.aborted) return items;

	hintAtCallbackUrls(context, new Set([resumeUrl]));
	// The editor shows it while the execution is parked.
	context.setMetadata({ resumeUrl });
	const parked = { round: randomUUID(), lanes, ...(field && { field }) };
	const output = await park(context, items, parked, new Date(Date.now() + maxWait));
	void ringUntil(isHeard, context, resumeUrl, RINGS);
	return output;
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
