import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { runBatch } from '../../../shared/batch';
import { DeepModeClient } from '../../../shared/client';
import { judgeUpscale } from '../../../shared/outcome';
import { imageName, readBatchOptions, readImageId } from '../../../shared/parameters';

const displayOptions = { show: { resource: ['image'], operation: ['upscale'] } };

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
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions,
		options: [
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

/**
 * Upscales the image of each item, 3 credits each, and waits for it.
 *
 * @returns one item per image, the API's own fields
 */
export async function upscale(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch(this, async () => {
		const { timeout, maxConcurrency } = readBatchOptions(this);
		const client = await DeepModeClient.connect(this);
		return {
			maxConcurrency,
			read: (itemIndex) => readImageId(this, itemIndex),
			work: async (imageId) => {
				const answer = await client.upscale(imageId, timeout);
				const outcome = judgeUpscale(answer, imageName(imageId));
				return outcome.is === 'done' ? { items: [{ json: outcome.image }] } : outcome;
			},
		};
	});
}
