import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

/** Why an item has no result, in words for the user. */
export interface Failure {
	/** Whose words they are: what the API said, or what the user set. */
	from: 'api' | 'settings';
	/** What happened, on which image. */
	message: string;
	/** What to do, with the API's own words. */
	description: string;
	httpCode?: string;
}

/**
 * The error that n8n shows for a failure.
 *
 * @param itemIndex the item it happened on
 */
export function toNodeError(
	node: INode,
	failure: Failure,
	itemIndex: number,
): NodeApiError | NodeOperationError {
	const { message, description, httpCode } = failure;
	if (failure.from === 'settings') {
		return new NodeOperationError(node, message, { description, itemIndex });
	}
	const error = new NodeApiError(
		node,
		{ message },
		{ message, description, itemIndex, ...(httpCode && { httpCode }) },
	);
	// n8n replaces a message that happens to contain the name of a system error, as an ID may.
	error.message = message;
	return error;
}
