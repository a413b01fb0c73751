import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { isRecord } from './image';

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

/**
 * The API's own message, wherever an API of this kind puts it. The shape of DeepMode's error bodies
 * is not documented.
 *
 * @returns at most 300 characters, "" if there is none
 */
export function apiMessage(body: unknown): string {
	return shorten(findMessage(body), 300);
}

function findMessage(body: unknown): string {
	if (typeof body === 'string') return withoutMarkup(body);
	if (Array.isArray(body)) return body.map(findMessage).filter(Boolean).join('; ');
	if (!isRecord(body)) return '';
	const { message, detail, error, msg, loc } = body;
	if (typeof msg === 'string') return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : msg;
	return [message, detail, error].map(findMessage).find(Boolean) ?? '';
}

function withoutMarkup(text: string): string {
	return text
		.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
		.replace(/<[^>]*>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
}

/** Cuts a text that is too long to be read, between characters. */
export function shorten(text: string, length: number): string {
	const characters = Array.from(text);
	return characters.length > length ? `${characters.slice(0, length).join('')}…` : text;
}
