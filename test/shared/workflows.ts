import { randomUUID } from 'node:crypto';

import type { IConnection, IConnections, IDataObject, INode } from 'n8n-workflow';

/** A workflow as in an exported file. */
export interface WorkflowFile {
	name?: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IDataObject;
}

/** A credential that n8n has, without its data. */
export interface StoredCredential {
	id: string;
	name: string;
	type: string;
}

/** The setting that makes a failing item an error item. */
export const GOING_ON = { onError: 'continueRegularOutput' } as const;

/** The settings of Retry On Fail, with the shortest pause that n8n takes. */
export const THREE_TRIES = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

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

/** The settings of a node that uses a credential. */
export function using({ id, name, type }: StoredCredential): Partial<INode> {
	return { credentials: { [type]: { id, name } } };
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
		2,
		{ resource: 'image', operation: 'upscale', imageId: '={{ $json.id }}', ...parameters },
		{ ...using(credential), ...settings },
	);
}

/**
 * A DeepMode Trigger. Its path is `<webhookId>/deepmode`.
 *
 * @param credential none is needed without authentication
 */
export function triggerNode(
	credential: StoredCredential | undefined,
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
): INode {
	return node('DeepMode Trigger', 'n8n-nodes-deepmode.deepModeTrigger', 2, parameters, {
		webhookId: randomUUID(),
		...(credential && using(credential)),
		...settings,
	});
}

/** A node that starts a run by hand. */
export function startNode(): INode {
	return node('Start', 'n8n-nodes-base.manualTrigger', 1);
}

/** Nodes that start a run by hand and put out the given items: `Start` → `List` → `Items`. */
export function itemsNodes(items: IDataObject[]): INode[] {
	return [
		startNode(),
		node('List', 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ items }),
			options: {},
		}),
		node('Items', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'items', options: {} }),
	];
}

/** A node that puts the `row` of the item in `Items`, which an item comes from, into that item. */
export function rowNode(name: string): INode {
	return node(name, 'n8n-nodes-base.set', 3.4, {
		includeOtherFields: true,
		assignments: {
			assignments: [
				{ id: '1', name: 'row', type: 'number', value: "={{ $('Items').item.json.row }}" },
			],
		},
		options: {},
	});
}

/** Nodes one behind the other, each fed by the first output of the one before. */
export function chain(...nodes: INode[]): WorkflowFile {
	const connections: WorkflowFile['connections'] = {};
	nodes.slice(1).forEach(({ name }, index) => {
		const from = nodes[index]?.name as string;
		connections[from] = { main: [[to(name)]] };
	});
	return { nodes, connections, settings: { executionOrder: 'v1' } };
}

/** The end of a connection, for workflows that are more than a chain. */
export function to(node: string, type: IConnection['type'] = 'main'): IConnection {
	return { node, type, index: 0 };
}
