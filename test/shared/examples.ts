import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './paths';
import { using, type StoredCredential, type WorkflowFile } from './workflows';

export const EXAMPLES = join(ROOT, 'examples');

/** The node that starts a run of an example by hand. */
export const BY_HAND = 'When clicking ‘Execute workflow’';

/** What the trigger of an example gets for its URL to be known; else n8n thinks of it. */
const WEBHOOK_IDS = {
	'async-upscale-with-callback': '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f',
	'ai-agent-tool': '0b7e4d5a-9c1f-4e62-a3d8-5f6071829304',
	'ai-agent-asks-first': '5d1c8b7a-2e3f-4a90-b6c5-1f2e3d4c5b6a',
};

const WITH_WEBHOOK = ['n8n-nodes-deepmode.deepModeTrigger', '@n8n/n8n-nodes-langchain.chatTrigger'];

/** The trigger's path in `async-upscale-with-callback`. */
export const TRIGGER_PATH = `${WEBHOOK_IDS['async-upscale-with-callback']}/deepmode`;

/** The chat's path in `ai-agent-tool`. */
export const CHAT_PATH = `${WEBHOOK_IDS['ai-agent-tool']}/chat`;

/** The chat's path in `ai-agent-asks-first`. */
export const ASKING_CHAT_PATH = `${WEBHOOK_IDS['ai-agent-asks-first']}/chat`;

/** What the person clicks in `ai-agent-asks-first`. */
export const ANSWERS = { yes: 'Upscale it', no: 'Leave it' };

/**
 * What the model calls next in `ai-agent-asks-first`: it wants to have upscaled what is not.
 *
 * @param result what a tool answered
 */
export function wantLarge(result: string): object[] {
	const imageId = /"id":"([^"]+)".*"upscaled":false/.exec(result)?.[1];
	return imageId === undefined
		? []
		: [{ toolParameters: { Image_ID: imageId }, hitlParameters: {} }];
}

/** What a user fills in, as the examples name it. */
export interface Values {
	'your image ID'?: string;
	'your second image ID'?: string;
	'your model ID'?: string;
	'https://your-n8n.example.com/webhook/your-webhook-id/deepmode'?: string;
}

/** The examples' names. */
export function exampleNames(): string[] {
	return readdirSync(EXAMPLES)
		.filter((file) => file.endsWith('.json'))
		.map((file) => file.replace('.json', ''));
}

/** The example as its file is. */
export function exampleFile(name: string): WorkflowFile {
	return JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8')) as WorkflowFile;
}

/** An example with URLs that are known, and with what a user fills in. */
export function example(name: string, values: Values = {}): WorkflowFile {
	const file = exampleFile(name);
	const nodes = file.nodes.map((node) => {
		const webhookId = (WEBHOOK_IDS as Record<string, string>)[name];
		return WITH_WEBHOOK.includes(node.type) ? { ...node, webhookId } : node;
	});
	return withValues({ ...file, nodes }, values);
}

function withValues(workflow: WorkflowFile, values: Values): WorkflowFile {
	let text = JSON.stringify(workflow);
	for (const [placeholder, value] of Object.entries(values as Record<string, string>)) {
		if (!text.includes(placeholder)) throw new Error(`The example has no "${placeholder}"`);
		text = text.replaceAll(placeholder, JSON.stringify(value).slice(1, -1));
	}
	return JSON.parse(text) as WorkflowFile;
}

/** Picks a credential in each node that needs one. */
export function withCredentials(
	workflow: WorkflowFile,
	credentials: StoredCredential[],
): WorkflowFile {
	const nodes = workflow.nodes.map((node) => {
		const type = credentialType(node.type);
		if (type === undefined) return node;
		const credential = credentials.find((candidate) => candidate.type === type);
		if (credential === undefined) throw new Error(`There is no credential of the type ${type}`);
		return { ...node, ...using(credential) };
	});
	return { ...workflow, nodes };
}

function credentialType(nodeType: string): string | undefined {
	if (nodeType.startsWith('n8n-nodes-deepmode.')) return 'deepModeApi';
	if (nodeType === 'n8n-nodes-base.ftp') return 'sftp';
	if (nodeType === '@n8n/n8n-nodes-langchain.lmChatOpenAi') return 'openAiApi';
	return undefined;
}

/** Sets parameters of one node, on top of those that it has. */
export function withParameters(
	workflow: WorkflowFile,
	nodeName: string,
	parameters: WorkflowFile['nodes'][number]['parameters'],
): WorkflowFile {
	const nodes = workflow.nodes.map((node) =>
		node.name === nodeName ? { ...node, parameters: { ...node.parameters, ...parameters } } : node,
	);
	return { ...workflow, nodes };
}
