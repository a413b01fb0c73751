import type { INodeProperties } from 'n8n-workflow';

import { generate, generateFields } from './generate';
import { get, getFields } from './get';
import { upscale, upscaleFields } from './upscale';

/**
 * All that can be done with images: an operation is a file with its fields and one function. This
 * room may use `run` and `shared`; what serves several operations lies beside them.
 */
export const imageOperations = { generate, get, upscale };

export { resume } from './pause/resume';

export const imageFields: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Generate Image',
				value: 'generate',
				action: 'Generate an image',
				description: 'Make images from a prompt, with your own model: 1 credit each',
				builderHint: {
					propertyHint:
						'One item comes out per image. To enlarge them, connect a DeepMode node with operation \'upscale\' and imageId expr("{{ $json.id }}"). Paid again in each run.',
				},
			},
			{
				name: 'Get Image',
				value: 'get',
				action: 'Get an image',
				description: 'Read an image, with a fresh URL for its file: free',
				builderHint: {
					propertyHint:
						'For an image that exists: to download it, or because its image_url is older than an hour. Not needed after "upscale" or "generate", whose image_url is fresh.',
				},
			},
			{
				name: 'Upscale Image',
				value: 'upscale',
				action: 'Upscale an image',
				description: 'Enlarge an image to four times its width and height: 3 credits',
				builderHint: {
					propertyHint:
						'An image that is upscaled already is not paid again: do not look with "get" before. With download on, the picture comes out as binary data.',
				},
			},
		],
		default: 'upscale',
	},
	...upscaleFields,
	...generateFields,
	...getFields,
];
