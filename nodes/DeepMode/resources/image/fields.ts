import type { IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { outputFileField } from '../../../shared/files/downloadFields';

type Show = NonNullable<IDisplayOptions['show']>;

export const imageIdField = (description: string, show: Show): INodeProperties => ({
	displayName: 'Image ID',
	name: 'imageId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. c6b8a9f7e5d1c3a2f91e3',
	description,
	displayOptions: { show },
});

/** Only where there is an image to look at when DeepMode calls back. */
export const pauseMode: INodePropertyOptions = {
	name: 'Pause Until Called Back',
	value: 'pause',
	description:
		'The execution is put aside, and goes on with all results when DeepMode has called back. DeepMode must be able to reach n8n.',
};

/**
 * How the result gets into a workflow.
 *
 * @param more modes that not every operation has
 */
export const modeFields = (show: Show, more: INodePropertyOptions[] = []): INodeProperties[] => [
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
			...more,
			{
				name: 'Wait for the Result',
				value: 'sync',
				description: 'The item goes on with the result, after seconds to minutes',
			},
		],
		default: 'sync',
		description: 'How the result gets into a workflow',
		displayOptions: { show },
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
		hint: 'Copy the Production URL of a DeepMode Trigger',
		displayOptions: { show: { ...show, mode: ['async'] } },
	},
	{
		displayName: 'Context',
		name: 'context',
		type: 'json',
		default: '{}',
		description:
			'A JSON object that comes out of the trigger beside the result, so that you know what it belongs to, e.g. { "row": 7 }',
		hint: 'It travels in the callback URL: DeepMode and proxies on the way can read it',
		displayOptions: { show: { ...show, mode: ['async'] } },
	},
];

/** Whether the picture itself is wanted, too. */
export const downloadFields = (show: Show): INodeProperties[] => [
	{
		displayName: 'Download Image',
		name: 'download',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether to download the picture into a binary field. Its URL works for one hour only.',
		displayOptions: { show, hide: { '@tool': [true] } },
	},
	outputFileField(show),
];

export const maxConcurrencyOption: INodeProperties = {
	displayName: 'Max Concurrency',
	name: 'maxConcurrency',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 100 },
	default: 10,
	description: 'How many items may be in work at the same time',
};

export const maxWaitOption: INodeProperties = {
	displayName: 'Max Wait',
	name: 'maxWait',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 60,
	description:
		'How many minutes the execution stays paused at most. Images that are not known to be finished by then come out with "timed_out": true.',
	displayOptions: { show: { '/mode': ['pause'] } },
};

export const timeoutOption: INodeProperties = {
	displayName: 'Timeout',
	name: 'timeout',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 300,
	description: 'How many seconds an item may take in all, from its own turn on',
};

export const optionsField = (options: INodeProperties[], show: Show): INodeProperties => ({
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	displayOptions: { show },
	options,
});
