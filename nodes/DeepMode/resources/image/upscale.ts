import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Batch, Job } from '../../../shared/batch';
import { failAll, runBatch } from '../../../shared/batch';
import { signCallbackUrl } from '../../../shared/callback';
import { DeepModeClient } from '../../../shared/client';
import { Memory } from '../../../shared/memory';
import type { BatchOptions } from '../../../shared/parameters';
import {
	imageName,
	readBatchOptions,
	readCallbackUrl,
	readContext,
	readImageId,
} from '../../../shared/parameters';
import { hintAtCallbackUrls } from '../../../shared/callbackHints';
import { Sender } from '../../../shared/sender';
import { Tally } from '../../../shared/tally';
import type { Upscaling } from '../../../shared/upscaling';
import { ImageUpscaling } from '../../../shared/upscaling';

const displayOptions = { show: { resource: ['image'], operation: ['upscale'] } };

const asyncOnly = { show: { ...displayOptions.show, mode: ['async'] } };

export const upscaleFields: INodeProperties[] = [
	{
		displayName: 'Image ID',
		name: 'imageId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. c6b8a9f7e5d1c3a2f91e3',
		description: 'The ID of the image to upscale. An upscale costs 3 credits.',
		displayOptions,
	},
	{
		displayName: 'Mode',
		name: 'mode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Call Back',
				value: 'async',
				description:
					'The item goes on at once; DeepMode sends the result to a URL, such as that of a DeepMode Trigger',
			},
			{
				name: 'Wait for the Result',
				value: 'sync',
				description: 'The item goes on with the upscaled image, after seconds to minutes',
			},
		],
		default: 'sync',
		description: 'How the result of the upscale gets into a workflow',
		displayOptions,
	},
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…/deepmode',
		description:
			'Where DeepMode sends the result: the Production URL of a DeepMode Trigger with the same credential. DeepMode must be able to reach it.',
		displayOptions: asyncOnly,
	},
	{
		displayName: 'Context',
		name: 'context',
		type: 'json',
		default: '{}',
		description:
			'A JSON object that comes out of the trigger beside the result, so that you know what it belongs to, e.g. { "row": 7 }',
		hint: 'It travels in the callback URL: DeepMode and proxies on the way can read it',
		displayOptions: asyncOnly,
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: [
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
				displayName: 'Max Concurrency',
				name: 'maxConcurrency',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 100 },
				default: 10,
				description: 'How many images may be in work at the same time',
			},
			{
				displayName: 'Timeout',
				name: 'timeout',
				type: 'number',
				typeOptions: { minValue: 1 },
				default: 300,
				description: 'How many seconds an image may take in all, from its own turn on',
			},
		],
	},
];

/** An async item: the image, and where its result is to go. */
interface Submission {
	imageId: string;
	/** Signed. */
	callback: string;
}

/**
 * Upscales the image of each item, 3 credits each. In sync mode the upscaled image comes out, one
 * item per image with the API's own fields; in async mode what DeepMode says to the submission.
 */
export async function upscale(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const mode = this.getNodeParameter('mode', 0, 'sync');
	switch (mode) {
		case 'sync':
			return await runBatch(this, async () => await waitForResult(this));
		case 'async':
			return await runBatch(this, async () => await callBack(this));
		default:
			return await failAll(
				this,
				new NodeOperationError(this.getNode(), `There is no mode "${String(mode)}"`, {
					description: 'Choose a mode in the node. Nothing was sent.',
				}),
			);
	}
}

async function waitForResult(context: IExecuteFunctions): Promise<Batch<string>> {
	const options = readBatchOptions(context);
	const run = await prepare(context, options);
	return {
		maxConcurrency: options.maxConcurrency,
		read: (itemIndex) => readImageId(context, itemIndex),
		// An image that several items want is upscaled once, and they all get it.
		keyOf: (imageId) => imageId,
		work: async (job) => await imageUpscaling(run, job.input, job).wait(),
		done: () => run.tally.report(context),
	};
}

async function callBack(context: IExecuteFunctions): Promise<Batch<Submission>> {
	const options = readBatchOptions(context);
	const run = await prepare(context, options);
	const seen = new Set<string>();
	const callbackUrls = new Set<string>();
	return {
		maxConcurrency: options.maxConcurrency,
		read: (itemIndex) => {
			const imageId = readImageId(context, itemIndex);
			const callbackUrl = readCallbackUrl(context, itemIndex);
			const brought = readContext(context, itemIndex);
			refuseSecond(context, imageId, seen, itemIndex);
			callbackUrls.add(callbackUrl);
			const ticket = { event: 'image.upscaled', imageId, context: brought } as const;
			const callback = signCallbackUrl(callbackUrl, ticket, run.client.apiKey);
			refuseTooLong(context, callback, itemIndex);
			return { imageId, callback };
		},
		work: async (job) =>
			await imageUpscaling(run, job.input.imageId, job).handOver(job.input.callback),
		done: () => {
			run.tally.report(context);
			hintAtCallbackUrls(context, callbackUrls);
		},
	};
}

async function prepare(context: IExecuteFunctions, options: BatchOptions): Promise<Upscaling> {
	const stop = context.getExecutionCancelSignal();
	return {
		client: await DeepModeClient.connect(context),
		sender: new Sender(stop),
		memory: new Memory(context),
		tally: new Tally(),
		stop,
		returnsExisting: options.returnsExisting,
		timeout: options.timeout,
	};
}

function imageUpscaling(run: Upscaling, imageId: string, job: Job<unknown>): ImageUpscaling {
	return new ImageUpscaling(run, {
		imageId,
		itemIndex: job.itemIndexes[0] as number,
		maySend: job.maySend,
	});
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

/** What servers take for a URL; the result of a longer one could not be delivered. */
const LONGEST_URL = 8000;

function refuseTooLong(context: IExecuteFunctions, callback: string, itemIndex: number): void {
	if (callback.length <= LONGEST_URL) return;
	throw new NodeOperationError(context.getNode(), 'The callback URL is too long', {
		itemIndex,
		description: `Signed, it has ${callback.length} characters, and servers take about ${LONGEST_URL}. Nothing was sent for this item.`,
	});
}
