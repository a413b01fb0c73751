import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

import { failAll } from './run/batch';
import { resumeWebhooks } from './resources/image/pause/park';
import { accountFields, accountOperations } from './resources/account';
import { imageFields, imageOperations, resume } from './resources/image';

type Operation = (this: IExecuteFunctions) => Promise<INodeExecutionData[]>;

const operations = new Map<string, Operation>([
	...Object.entries(imageOperations).map(([name, run]) => [`image/${name}`, run] as const),
	...Object.entries(accountOperations).map(([name, run]) => [`account/${name}`, run] as const),
]);

export class DeepMode implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'DeepMode',
		name: 'deepMode',
		icon: { light: 'file:../../icons/deepmode.svg', dark: 'file:../../icons/deepmode.dark.svg' },
		group: ['transform'],
		// Not 1: for every call to a node of version 1, n8n evaluates an expression in an isolate.
		version: 2,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Upscale and generate images with DeepMode',
		defaults: { name: 'DeepMode' },
		usableAsTool: true,
		// For n8n's AI, which builds workflows. Of a parameter named mode it is shown nothing.
		builderHint: {
			searchHint:
				"Works on images in the user's DeepMode account: it takes the ID of an image there, never a URL or a binary file. Several images are several items: no loop is needed. Running again is free for what is upscaled already. For upscale and generate the parameter mode says how the result comes: 'sync', the default, puts the image out of this node; 'async' puts out an acknowledgement only, and what is to be done with the image goes behind a DeepMode Trigger, whose Production URL is the callbackUrl; 'pause' (upscale only) puts the execution aside until all images are done, and needs no trigger, no Wait node and no callbackUrl. Choose 'sync' unless the images are hundreds or take minutes, and always as a tool of an AI agent.",
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-deepmode.deepModeTrigger',
					relationHint:
						"Receives the results of mode 'async', and of no other: with the same credential, as the start of a workflow of its own; its Production URL goes into callbackUrl",
				},
			],
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'deepModeApi', required: true }],
		webhooks: resumeWebhooks,
		waitingNodeTooltip:
			'={{ $parameter["mode"] === "pause" ? "The execution goes on when DeepMode has called back at " + $execution.resumeUrl : "" }}',
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Account', value: 'account' },
					{ name: 'Image', value: 'image' },
				],
				default: 'image',
			},
			...imageFields,
			...accountFields,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = String(this.getNodeParameter('resource', 0));
		const name = String(this.getNodeParameter('operation', 0));
		const operation = operations.get(`${resource}/${name}`);
		const unknown = new NodeOperationError(
			this.getNode(),
			`There is no operation "${name}" for the resource "${resource}"`,
			{ description: 'Choose a resource and an operation in the node. Nothing was sent.' },
		);
		return [operation ? await operation.call(this) : await failAll(this, unknown)];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await resume.call(this);
	}
}
