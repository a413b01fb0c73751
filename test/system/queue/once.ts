import type { INode } from 'n8n-workflow';

import type { StoredCredential } from '../../shared/workflows';
import { node, using } from '../../shared/workflows';

const KEY = '{{ $json.callback_id }}{{ $json.id }}';

/** How long a callback URL can be called, and as long again, in seconds. */
const TTL = 2 * 24 * 60 * 60;

/** n8n's Remove Duplicates behind the trigger, as docs/callbacks.md has it. */
export function removeDuplicates(name: string): INode {
	return node(name, 'n8n-nodes-base.removeDuplicates', 2, {
		operation: 'removeItemsSeenInPreviousExecutions',
		logic: 'removeItemsWithAlreadySeenKeyValues',
		dedupeValue: `=${KEY}`,
		options: {},
	});
}

/** n8n's Redis and Filter nodes behind the trigger, as docs/callbacks.md has it. */
export function countedInRedis(credential: StoredCredential, filterName: string): INode[] {
	const parameters = { operation: 'incr', key: `=deepmode-${KEY}`, expire: true, ttl: TTL };
	const isFirst = {
		id: '1',
		leftValue: '={{ Object.values($json)[0] }}',
		rightValue: 1,
		operator: { type: 'number', operation: 'equals' },
	};
	return [
		node('Count', 'n8n-nodes-base.redis', 1, parameters, using(credential)),
		node(filterName, 'n8n-nodes-base.filter', 2.2, {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [isFirst],
				combinator: 'and',
			},
			options: {},
		}),
	];
}
