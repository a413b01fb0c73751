import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** Whether the node is used as a tool of an AI agent: n8n then adds "Tool" to its type. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}

/**
 * What a model reads of an operation before it calls it. n8n takes it from a field of this name, and
 * leaves out its own, which names the operation and nothing else.
 *
 * @param description at most 1024 characters: OpenAI's API takes no more
 */
export const toolDescriptionField = (
	description: string,
	show: NonNullable<IDisplayOptions['show']>,
): INodeProperties => ({
	displayName: 'Tool Description',
	name: 'toolDescription',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: description,
	description: 'What the model is told about this tool',
	displayOptions: { show: { ...show, '@tool': [true] } },
});
