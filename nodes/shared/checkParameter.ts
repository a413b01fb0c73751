import type { INode } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { display } from './text';

/**
 * @param rule what must be right, in words for the user
 * @param value what there is instead
 * @param advice what to do
 * @param itemIndex of the item that it concerns; without it, the whole run
 * @throws NodeOperationError if it is not right
 */
export function checkParameter(
	context: { getNode: () => INode },
	isRight: boolean,
	rule: string,
	value: unknown,
	advice: string,
	itemIndex?: number,
): void {
	if (isRight) return;
	throw new NodeOperationError(context.getNode(), rule, {
		itemIndex,
		description: `It is ${display(value)} now. ${advice}`,
	});
}
