import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

import { failAll } from '../shared/batch';
import { imageFields, imageOperations } from './resources/image';

export class DeepMode implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'DeepMode',
		name: 'deepMode',
		icon: { light: 'file:../../icons/deepmode.svg', dark: 'file:../../icons/deepmode.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Upscale images with DeepMode',
		defaults: { name: 'DeepMode' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'deepModeApi', required: true }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Image', value: 'image' }],
				default: 'image',
			},
			...imageFields,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const name = String(this.getNodeParameter('operation', 0));
		const operation = Object.hasOwn(imageOperations, name) ? imageOperations[name] : undefined;
		const unknown = new NodeOperationError(this.getNode(), `There is no operation "${name}"`, {
			description: 'Choose an operation in the node. Nothing was sent.',
		});
		return [operation ? await operation.call(this) : await failAll(this, unknown)];
	}
}
