import { randomUUID } from 'node:crypto';

import type { IDataObject, INode } from 'n8n-workflow';

import type { StoredCredential, WorkflowFile } from './harness/client';

/** A node of a test's workflow; its place on the canvas does not matter. */
export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
): INode {
	return {
		id: randomUUID(),
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		...settings,
	};
}

/** A DeepMode node, which upscales the image `{{ $json.id }}` unless told otherwise. */
export function deepModeNode(
	credential: StoredCredential,
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
): INode {
	return node(
		'DeepMode',
		'n8n-nodes-deepmode.deepMode',
		1,
		{ resource: 'image', operation: 'upscale', imageId: '={{ $json.id }}', ...parameters },
		{ credentials: { deepModeApi: { id: credential.id, name: credential.name } }, ...settings },
	);
}

/** Nodes that start a run by hand and put out the given items: `Start` → `List` → `Items`. */
export function itemsNodes(items: IDataObject[]): INode[] {
	return [
		node('Start', 'n8n-nodes-base.manualTrigger', 1),
		node('List', 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ items }),
			options: {},
		}),
		node('Items', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'items', options: {} }),
	];
}

/** Nodes one behind the other, each fed by the first output of the one before. */
export function chain(...nodes: INode[]): WorkflowFile {
	const connections: WorkflowFile['connections'] = {};
	nodes.slice(1).forEach(({ name }, index) => {
		const from = nodes[index]?.name as string;
		connections[from] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	});
	return { nodes, connections, settings: { executionOrder: 'v1' } };
}
