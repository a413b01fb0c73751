import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { maxFileSizeOption } from '../../../shared/files/maxFileSize';
import { imageName } from '../../../shared/text';
import type { Batch, Job } from '../../run/batch';
import { runBatch } from '../../run/batch';
import { addCostOption } from '../../run/cost';
import {
	maxConcurrencyOption,
	maxCreditsOption,
	readRunOptions,
	timeoutOption,
} from '../../run/options';
import { prepareRun } from '../../run/run';
import { toolDescriptionField } from '../../run/tool';
import { aroundUpscales } from './aroundUpscales';
import { endingWithFiles } from './endingWithFiles';
import { ifTooFewCreditsOption } from './enoughCredits';
import { imageIdField, modeFields, optionsField, pauseMode, pictureFields } from './fields';
import { CallbackTargets } from './handOver/callbackTargets';
import type { HandedOver, Waiting } from './imageUpscaling';
import { ImageUpscaling } from './imageUpscaling';
import { STILL_IN_WORK } from './messages';
import { readBinaryField, readImageId, readMode } from './parameters';
import { maxWaitOption } from './pause/maxWait';
import { pauseUntilCalledBack } from './pause/pause';
import { waitForOthers } from './waitForOthers';

const show = { resource: ['image'], operation: ['upscale'] };

export const upscaleFields: INodeProperties[] = [
	toolDescriptionField(
		"Enlarges one image of the user's DeepMode account to four times its width and height. Costs the user 3 credits; nothing when the image is upscaled already, or in work, so asking again for the same image is free. Takes seconds to minutes. Needs the image's ID in DeepMode, exactly as the user or another tool gave it: never make one up, and pass no file name and no URL. Returns the image as JSON: its id, upscaled, and image_url, where the picture can be fetched for one hour. If it fails, it returns an error, and a message that says what to do and whether credits may be spent.",
		show,
	),
	imageIdField('The ID of the image to upscale. An upscale costs 3 credits.', show),
	...modeFields(show, [pauseMode]),
	...pictureFields({ ...show, mode: ['sync', 'pause'] }),
	optionsField(
		[
			addCostOption,
			{
				displayName: 'If Already Upscaled',
				name: 'ifUpscaled',
				type: 'options',
				// It holds for the whole run: by expression, the first item would decide for all.
				noDataExpression: true,
				options: [
					{
						name: 'Return Existing Image',
						value: 'returnExisting',
						description: 'Costs nothing, so that running a workflow again is free',
					},
					{
						name: 'Upscale Again',
						value: 'upscaleAgain',
						description: 'Costs 3 credits again',
					},
				],
				default: 'returnExisting',
				description: 'What to do with an image that is upscaled already',
			},
			{
				displayName: 'If Still in Work',
				name: 'ifInWork',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'Submit Again',
						value: 'submitAgain',
						description: 'Costs 3 credits again, e.g. for an image that DeepMode has lost',
					},
					{
						name: 'Wait for It',
						value: 'wait',
						description: 'Costs nothing: what another execution has submitted is waited for',
					},
				],
				default: 'wait',
				description: 'What to do with an image that another execution has in work',
				displayOptions: { hide: { ifUpscaled: ['upscaleAgain'] } },
			},
			ifTooFewCreditsOption,
			maxConcurrencyOption,
			maxCreditsOption,
			maxFileSizeOption,
			maxWaitOption,
			timeoutOption,
		],
		show,
	),
];

/** What an item asks for. */
interface ImageRequest {
	imageId: string;
	/** Async mode: where the result goes, signed when it is sent. */
	callback?: () => string;
}

/**
 * Upscales the image of each item, 3 credits each. In sync and pause mode the upscaled image comes
 * out, one item per image with the API's own fields; in async mode what DeepMode says to the
 * submission.
 */
export async function upscale(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch<ImageRequest>(this, async () => await modes[readMode(this)](this));
}

const modes = { sync: waitForResult, async: callBack, pause: pauseUntilCalledBack };

async function waitForResult(context: IExecuteFunctions): Promise<Batch<ImageRequest>> {
	const run = await prepareRun(context, readRunOptions(context));
	const field = readBinaryField(context);
	const waitFor = async (job: Job<ImageRequest>, waiting?: Waiting) => {
		const upscaling = new ImageUpscaling(run, job);
		const ending = await upscaling.wait(waiting);
		return await endingWithFiles(run, ending, field, upscaling.deadline);
	};
	return {
		maxConcurrency: run.options.maxConcurrency,
		addCost: run.options.addCost,
		read: (itemIndex) => ({ imageId: readImageId(context, itemIndex) }),
		// An image that several items want is upscaled once, and they all get it.
		keyOf: ({ imageId }) => imageId,
		...aroundUpscales(run),
		work: waitFor,
		wait: async (jobs, end) => await waitForOthers(run, jobs, waitFor, end),
	};
}

async function callBack(context: IExecuteFunctions): Promise<Batch<ImageRequest>> {
	const run = await prepareRun(context, readRunOptions(context));
	const targets = new CallbackTargets(context, run.client.apiKey);
	const seen = new Set<string>();
	const { done, ...around } = aroundUpscales(run);
	const handOver = async (job: Job<ImageRequest>, waiting?: Waiting) => {
		const { imageId, callback } = job.input;
		const about = { image_id: imageId, mode: 'async' };
		const output: HandedOver = {
			existing: (image) => ({ ...image, callback: false }),
			accepted: (body) => ({ ...body, ...about }),
			earlier: ({ since }) => ({
				...about,
				accepted: 'earlier',
				message: `It has been in work ${since}, and its result goes where the earlier run asked. ${STILL_IN_WORK}`,
			}),
			unknown: (seen) => ({ ...about, accepted: 'unknown', message: seen }),
		};
		const upscaling = new ImageUpscaling(run, job);
		return await upscaling.handOver(callback as () => string, output, waiting);
	};
	return {
		maxConcurrency: run.options.maxConcurrency,
		addCost: run.options.addCost,
		read: (itemIndex) => {
			const imageId = readImageId(context, itemIndex);
			const callback = targets.read(itemIndex, 'image.upscaled', imageId);
			refuseSecond(context, imageId, seen, itemIndex);
			return { imageId, callback };
		},
		...around,
		work: handOver,
		wait: async (jobs, end) => await waitForOthers(run, jobs, handOver, end),
		done: async () => {
			await done();
			targets.hint();
		},
	};
}

/** Two callbacks for one image could not be told apart, and only one may come. */
function refuseSecond(
	context: IExecuteFunctions,
	imageId: string,
	seen: Set<string>,
	itemIndex: number,
): void {
	if (seen.has(imageId)) {
		throw new NodeOperationError(
			context.getNode(),
			`The ${imageName(imageId)} is in this run already`,
			{
				itemIndex,
				description:
					'In this mode an image can be submitted once in a run, since only one context can come back. Remove the duplicate, e.g. with a Remove Duplicates node. Nothing was sent for this item.',
			},
		);
	}
	seen.add(imageId);
}
