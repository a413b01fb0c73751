import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { DeepMode } from '../../nodes/DeepMode/DeepMode.node';

/** The types of the nodes of a workflow on the engine, by their names, for what its items are. */
export function typesFor(
	items: IDataObject[],
	deepMode: INodeType = new DeepMode(),
): Record<string, INodeType> {
	return {
		'test.items': new Items(items),
		'n8n-nodes-deepmode.deepMode': deepMode,
		'test.row': new Row(),
		'test.loop': new Loop(),
	};
}

/** Stands in for whatever feeds the DeepMode node in a user's workflow. */
class Items implements INodeType {
	description = { ...describe('items'), group: ['trigger' as const], inputs: [] };

	constructor(private readonly items: IDataObject[]) {
		this.execute = async () => [this.items.map((json) => ({ json }))];
	}

	execute: (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;
}

/** Puts the `row` of the item in `Items`, which an item comes from, into that item. */
class Row implements INodeType {
	description = describe('row', [
		{
			displayName: 'Row',
			name: 'row',
			type: 'number',
			default: "={{ $('Items').item.json.row }}",
		},
	]);

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [
			this.getInputData().map(({ json }, item) => ({
				json: { ...json, row: this.getNodeParameter('row', item) as number },
				pairedItem: { item },
			})),
		];
	}
}

/** As n8n's Loop Over Items: one item after the other, and in the end all that came back. */
class Loop implements INodeType {
	description = {
		...describe('loop'),
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const state = this.getContext('node') as Record<'left' | 'back', INodeExecutionData[]>;
		if (state.left) state.back.push(...this.getInputData());
		else Object.assign(state, { left: [...this.getInputData()], back: [] });
		const next = state.left.shift();
		return next ? [[], [next]] : [state.back, []];
	}
}

function describe(name: string, properties: INodeProperties[] = []): INodeTypeDescription {
	return {
		displayName: name,
		name,
		group: ['transform'],
		version: 1,
		description: '',
		defaults: {},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties,
	};
}
