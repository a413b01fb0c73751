import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './paths';
import { using, type StoredCredential, type WorkflowFile } from './workflows';

export const EXAMPLES = join(ROOT, 'examples');

/** The node that starts a run of an example by hand. */
export const BY_HAND = 'When clicking ‘Execute workflow’';

/** What the triggers of the examples get for their URLs to be known; else n8n thinks of it. */
const WEBHOOK_IDS: Record<string, string> = {
	'n8n-nodes-deepmode.deepModeTrigger': '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f',
	'@n8n/n8n-nodes-langchain.chatTrigger': '0b7e4d5a-9c1f-4e62-a3d8-5f6071829304',
};

/** The trigger's path in `async-upscale-with-callback`. */
export const TRIGGER_PATH = `${WEBHOOK_IDS['n8n-nodes-deepmode.deepModeTrigger']}/deepmode`;

/** The chat's path in `ai-agent-tool`. */
export const CHAT_PATH = `${WEBHOOK_IDS['@n8n/n8n-nodes-langchain.chatTrigger']}/chat`;

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
		const webhookId = WEBHOOK_IDS[node.type];
		return webhookId === undefined ? node : { ...node, webhookId };
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
