import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { jsonParse, NodeOperationError } from 'n8n-workflow';

import { isContextTooLong } from '../../../../shared/callback/signature';
import { isRecord } from '../../../../shared/isRecord';
import { display } from '../../../../shared/text';

/**
 * Reads where an item's result is to go.
 *
 * @throws NodeOperationError if it is no http(s) URL, or is a signed callback URL already
 */
export function readCallbackUrl(context: IExecuteFunctions, itemIndex: number): string {
	const value = context.getNodeParameter('callbackUrl', itemIndex);
	const text = typeof value === 'string' ? value.trim() : '';
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const description =
		'Enter the Production URL of a DeepMode Trigger, or any other address that DeepMode can reach. Nothing was sent for this item.';
	if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
		throw new NodeOperationError(
			context.getNode(),
			`The callback URL ${display(value)} is no http or https URL`,
			{ itemIndex, description },
		);
	}
	if ([...url.searchParams.keys()].some((name) => /^\[?dm_/.test(name))) {
		throw new NodeOperationError(
			context.getNode(),
			'The callback URL has a "dm_" parameter in its query, and these are added by this node',
			{ itemIndex, description },
		);
	}
	return text;
}

/**
 * Reads what an item's result is to bring back.
 *
 * @throws NodeOperationError if it is no JSON object, or too long for a URL
 */
export function readContext(context: IExecuteFunctions, itemIndex: number): IDataObject {
	const value = context.getNodeParameter('context', itemIndex, {});
	const json = typeof value === 'string' ? value || '{}' : (JSON.stringify(value) ?? '');
	const parsed = jsonParse<unknown>(json, { fallbackValue: null });
	if (!isRecord(parsed)) {
		throw new NodeOperationError(context.getNode(), 'The context is no valid JSON object', {
			itemIndex,
			description: `Enter an object such as { "row": 7 }, with quotes around the names; it is ${display(value)} now. Nothing was sent for this item.`,
		});
	}
	if (isContextTooLong(parsed)) {
		throw new NodeOperationError(context.getNode(), 'The context is too long for a callback URL', {
			itemIndex,
			description:
				'At most about 1500 characters of JSON fit in. Put an ID into it, and look the rest up when the result comes. Nothing was sent for this item.',
		});
	}
	return parsed;
}
