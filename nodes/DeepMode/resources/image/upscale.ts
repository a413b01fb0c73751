import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { Batch, Job } from '../../../shared/batch';
import { runBatch } from '../../../shared/batch';
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

/** An async item: the image, and where its result is to go with what beside it. */
interface Submission {
	imageId: string;
	callbackUrl: string;
	context: IDataObject;
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
			throw new NodeOperationError(this.getNode(), `There is no mode "${String(mode)}"`);
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
			const submission = {
				imageId: readImageId(context, itemIndex),
				callbackUrl: readCallbackUrl(context, itemIndex),
				context: readContext(context, itemIndex),
			};
			refuseSecond(context, submission.imageId, seen, itemIndex);
			callbackUrls.add(submission.callbackUrl);
			return submission;
		},
		work: async (job) => {
			const { imageId, callbackUrl, context: brought } = job.input;
			const ticket = { event: 'image.upscaled', imageId, context: brought } as const;
			const callback = signCallbackUrl(callbackUrl, ticket, run.client.apiKey);
			return await imageUpscaling(run, imageId, job).handOver(callback);
		},
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
