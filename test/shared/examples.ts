import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './paths';
import { using, type StoredCredential, type WorkflowFile } from './workflows';

export const EXAMPLES = join(ROOT, 'examples');

/** The node that starts a run of an example by hand. */
export const BY_HAND = 'When clicking ‘Execute workflow’';

/** The trigger's path in `async-upscale-with-callback`. */
export const TRIGGER_PATH = '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f/deepmode';

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

/** An example with what a user fills in; as its file is, without values. */
export function example(name: string, values: Values = {}): WorkflowFile {
	const file = readFileSync(join(EXAMPLES, `${name}.json`), 'utf8');
	const filledIn = Object.entries(values as Record<string, string | undefined>).reduce(
		(text, [placeholder, value = placeholder]) =>
			text.replaceAll(placeholder, JSON.stringify(value).slice(1, -1)),
		file,
	);
	return JSON.parse(filledIn) as WorkflowFile;
}

/** Picks a credential in each node that needs one of those that there are. */
export function withCredentials(
	workflow: WorkflowFile,
	credentials: StoredCredential[],
): WorkflowFile {
	const nodes = workflow.nodes.map((node) => {
		const credential = credentials.find(({ type }) => type === credentialType(node.type));
		return credential ? { ...node, ...using(credential) } : node;
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
