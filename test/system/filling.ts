import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { StoredCredential, WorkflowFile } from '../e2e/harness/client';
import { ROOT } from '../e2e/harness/paths';

export const EXAMPLES = join(ROOT, 'examples');

/** What the triggers of the examples get for tests to know their URLs; else n8n thinks of it. */
const WEBHOOK_IDS: Record<string, string> = {
	'n8n-nodes-deepmode.deepModeTrigger': '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f',
	'@n8n/n8n-nodes-langchain.chatTrigger': '0b7e4d5a-9c1f-4e62-a3d8-5f6071829304',
};

/** The example's file as it is. */
export function exampleFile(name: string): WorkflowFile {
	return JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8')) as WorkflowFile;
}

/** The example, with URLs that are known. */
export function example(name: string): WorkflowFile {
	const file = exampleFile(name);
	const nodes = file.nodes.map((node) => {
		const webhookId = WEBHOOK_IDS[node.type];
		return webhookId === undefined ? node : { ...node, webhookId };
	});
	return { ...file, nodes };
}

/** Writes something over each place that says what is to be put there, such as "your image ID". */
export function withValues(workflow: WorkflowFile, values: Record<string, string>): WorkflowFile {
	let text = JSON.stringify(workflow);
	for (const [placeholder, value] of Object.entries(values)) {
		if (!text.includes(placeholder)) throw new Error(`The example has no "${placeholder}"`);
		text = text.replaceAll(placeholder, value);
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
		return { ...node, credentials: { [type]: { id: credential.id, name: credential.name } } };
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
