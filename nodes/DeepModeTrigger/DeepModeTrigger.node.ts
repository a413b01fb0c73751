import type {
	IDataObject,
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { Client } from '../shared/api/client';
import { readDownloadField } from '../shared/files/downloadFields';
import { triggerFields } from './fields';
import { receive } from './receive';
import { triggerPanel } from './triggerPanel';

export class DeepModeTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'DeepMode Trigger',
		name: 'deepModeTrigger',
		icon: { light: 'file:../../icons/deepmode.svg', dark: 'file:../../icons/deepmode.dark.svg' },
		group: ['trigger'],
		// Not 1: for every call to a node of version 1, n8n evaluates an expression in an isolate.
		version: 2,
		subtitle: '={{ [$parameter["events"]].flat().join(", ").replaceAll("image.", "") }}',
		description: 'Upscale images with DeepMode, or start a workflow when one is ready',
		// For n8n's AI, which builds workflows.
		builderHint: {
			searchHint:
				"Starts a workflow for each result that a DeepMode node in mode 'async' has asked for, and for nothing else: that node needs this trigger's Production URL as callbackUrl, and the same credential. Both may be in one workflow, unconnected. One item per image comes out, with event and the context that was handed over. Not needed for the modes 'sync' and 'pause'.",
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-deepmode.deepMode',
					relationHint: "Hands the images over, in mode 'async'",
				},
			],
		},
		eventTriggerDescription: 'Run a DeepMode node whose Callback URL is the Test URL',
		activationMessage: 'DeepMode can now call the Production URL.',
		triggerPanel,
		defaults: { name: 'DeepMode Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		// Not required by n8n, but by `create` below: without a signature it can do without.
		credentials: [{ name: 'deepModeApi', required: false }],
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
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				// Better now than when a callback comes.
				const field = readDownloadField(this, (name, preset) =>
					this.getNodeParameter(name, preset as string),
				);
				if (field || needsCredential(this)) await Client.connect(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}

function needsCredential(context: IHookFunctions): boolean {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	return context.getNodeParameter('authentication') !== 'none' || options.refetch === true;
}
