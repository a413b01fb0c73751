import type { INodeProperties } from 'n8n-workflow';

import { downloadFields } from '../shared/files/downloadFields';
import { maxFileSizeOption } from '../shared/files/maxFileSize';

export const triggerFields: INodeProperties[] = [
	{
		displayName:
			'Copy the Production URL from “Webhook URLs” above into the Callback URL of a DeepMode node, and publish this workflow. DeepMode must be able to reach n8n: on a laptop or behind a firewall, use the mode “Wait for the Result” of that node instead.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		noDataExpression: true,
		required: true,
		default: ['image.upscaled', 'image.generated', 'image.failed'],
		description: 'What starts the workflow',
		options: [
			{
				name: 'Image Failed',
				value: 'image.failed',
				description: 'A callback came without an image, e.g. with an error message',
			},
			{ name: 'Image Generated', value: 'image.generated' },
			{ name: 'Image Upscaled', value: 'image.upscaled' },
		],
	},
	{
		displayName: 'Authentication',
		name: 'authentication',
		type: 'options',
		noDataExpression: true,
		default: 'signature',
		description: 'Who may start the workflow',
		options: [
			{
				name: 'None',
				value: 'none',
				description: 'Anybody who knows the URL can start the workflow, with any data',
			},
			{
				name: 'Signature',
				value: 'signature',
				description: 'Only callbacks that a DeepMode node with the same credential asked for',
			},
		],
	},
	{
		displayName:
			'Without a signature anybody who knows the URL can start this workflow, and results come without their context.',
		name: 'unsignedNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { authentication: ['none'] } },
	},
	...downloadFields(
		{},
		'Whether to download the picture into a binary field. Each image is then read again from the API: no address from a callback is ever fetched.',
	),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Ignore Repeats',
				name: 'ignoreRepeats',
				type: 'boolean',
				default: true,
				description:
					'Whether to start the workflow only once when the same signed callback comes again. After a restart of n8n, or with several webhook processors, a repeat can still come through. Without a signature, repeats cannot be told.',
			},
			{
				displayName: 'IP(s) Allowlist',
				name: 'allowedIps',
				type: 'string',
				placeholder: 'e.g. 127.0.0.1, 192.168.1.0/24',
				default: '',
				description:
					'Comma-separated list of allowed IP addresses or CIDR ranges. Leave empty to allow all IPs.',
			},
			maxFileSizeOption,
			{
				displayName: 'Refetch',
				name: 'refetch',
				type: 'boolean',
				default: false,
				description:
					'Whether to read each image again from the API, so that its data are DeepMode’s own and its URL is fresh. If the API cannot be reached, the item comes from the callback, with "refetched": false.',
			},
		],
	},
];
