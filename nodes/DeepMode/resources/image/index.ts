import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { upscale, upscaleFields } from './upscale';

export const imageOperations: Record<
	string,
	(this: IExecuteFunctions) => Promise<INodeExecutionData[]>
> = { upscale };

export const imageFields: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Upscale Image',
				value: 'upscale',
				action: 'Upscale an image',
				description: 'Enlarge an image to four times its width and height',
			},
		],
		default: 'upscale',
	},
	...upscaleFields,
];
