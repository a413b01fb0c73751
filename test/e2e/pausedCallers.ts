import { randomUUID } from 'node:crypto';

import type { IDataObject } from 'n8n-workflow';

import type { WorkflowFile } from '../shared/workflows';
import { chain, deepModeNode, node } from '../shared/workflows';
import type { World } from './world';

/** An active workflow "Webhook → DeepMode", which pauses with the image that a caller names. */
export interface PausingWebhook {
	id: string;
	url: string;
}

/**
 * @param responseMode when the Webhook node answers its caller; with `responseNode` a Respond to
 * Webhook node behind the pause does
 * @param settings of the workflow
 */
export async function pausingWebhook(
	{ n8n, server, credential }: World,
	responseMode: 'onReceived' | 'lastNode' | 'responseNode',
	settings: IDataObject = {},
): Promise<PausingWebhook> {
	const path = randomUUID();
	const parameters = { httpMethod: 'POST', path, responseMode, options: {} };
	const webhook = node('Webhook', 'n8n-nodes-base.webhook', 2, parameters, { webhookId: path });
	const pausing = deepModeNode(credential, { mode: 'pause', imageId: '={{ $json.body.id }}' });
	const behind =
		responseMode === 'responseNode'
			? [node('Respond', 'n8n-nodes-base.respondToWebhook', 1.1, { options: {} })]
			: // Shows in the API's log that the execution went on.
				[{ ...deepModeNode(credential, { operation: 'get', imageId: BEHIND }), name: 'Behind' }];
	const workflow: WorkflowFile = chain(webhook, pausing, ...behind);
	const id = await n8n.createWorkflow({
		...workflow,
		settings: { ...workflow.settings, ...settings },
	});
	await n8n.activate(id, path);
	return { id, url: server.webhookUrl(path) };
}

/** The image that the node behind the pause looks at; there is none of that name. */
const BEHIND = 'behind-the-pause';

/** How often the node behind a pause has run. */
export const wentOn = ({ deepMode }: World): number =>
	deepMode.requests.filter(({ path }) => path.endsWith(BEHIND)).length;
