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
export function typesFor(items: IDataObject[]): Record<string, INodeType> {
	return {
		'test.items': new Items(items),
		'n8n-nodes-deepmode.deepMode': new DeepMode(),
		'test.row': new Row(),
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
