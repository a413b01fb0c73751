import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether the node is used as a tool of an AI agent: n8n then adds "Tool" to its type. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
