import type {
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { triggerFields } from './fields';
import { receive } from './receive';

export class DeepModeTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'DeepMode Trigger',
		name: 'deepModeTrigger',
		icon: { light: 'file:../../icons/deepmode.svg', dark: 'file:../../icons/deepmode.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Upscale images with DeepMode, or start a workflow when one is ready',
		defaults: { name: 'DeepMode Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'deepModeApi',
				required: true,
				displayOptions: { show: { authentication: ['signature'] } },
			},
			{
				name: 'deepModeApi',
				required: true,
				displayOptions: { show: { authentication: ['none'], '/options.refetch': [true] } },
			},
		],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				// Without this, n8n answers with the literal text "firstEntryJson".
				responseData: '',
				path: 'deepmode',
			},
		],
		properties: triggerFields,
	};

	/** DeepMode has nothing to register at: each upscale brings its callback URL along. */
	webhookMethods = {
		default: {
			async checkExists(): Promise<boolean> {
				return true;
			},
			async create(): Promise<boolean> {
				return true;
			},
			async delete(): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
