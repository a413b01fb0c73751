import type { IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { downloadFields } from '../../../shared/files/downloadFields';

type Show = NonNullable<IDisplayOptions['show']>;

export const imageIdField = (description: string, show: Show): INodeProperties => ({
	displayName: 'Image ID',
	name: 'imageId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. c6b8a9f7e5d1c3a2f91e3',
	description,
	builderHint: {
		propertyHint:
			'The id of an image in DeepMode, e.g. expr("{{ $json.id }}") behind a DeepMode node. Never invent one, and never pass a URL: where the user has given none, leave a placeholder.',
	},
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
		builderHint: {
			propertyHint:
				'The Production URL of the DeepMode Trigger, …/webhook/…/deepmode. It is known when that workflow is saved: leave a placeholder, and tell the user to copy it and to publish that workflow.',
		},
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

/** Whether the picture itself is wanted, too; n8n gives no files to an AI agent. */
export const pictureFields = (show: Show): INodeProperties[] =>
	downloadFields(
		{ show, hide: { '@tool': [true] } },
		'Whether to download the picture into a binary field. Its URL works for one hour only.',
	);

export const optionsField = (options: INodeProperties[], show: Show): INodeProperties => ({
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	displayOptions: { show },
	options,
});
