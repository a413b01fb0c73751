import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { readBalance } from '../../../shared/api/readBalance';
import { runBatch } from '../../run/batch';
import { prepareRun } from '../../run/run';
import { toolDescriptionField } from '../../run/tool';
import { BALANCE, endsBatch, notRead, refused } from '../image/messages';

/** How long to wait for the balance, in milliseconds. */
const TIMEOUT = 30_000;

export const getBalanceFields: INodeProperties[] = [
	toolDescriptionField(
		"Reads how many credits the user's DeepMode account has left. Costs nothing, and takes nothing. Returns remaining_balance, in credits: upscaling an image costs 3, generating one costs 1. If it fails, it returns an error, and a message that says what to do.",
		{ resource: ['account'], operation: ['getBalance'] },
	),
];

/**
 * Reads the account's balance, which is free: once, for all items.
 *
 * @returns the API's own answer, with `remaining_balance` in credits
 */
export async function getBalance(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch(this, async () => {
		const run = await prepareRun(this, {
			timeout: TIMEOUT,
			maxConcurrency: 1,
			returnsExisting: true,
			submitsAgain: false,
			addCost: false,
			maxCredits: 0,
			ifTooFewCredits: 'tell',
		});
		return {
			maxConcurrency: 1,
			read: () => 'balance',
			keyOf: (balance) => balance,
			work: async () => {
				const outcome = await readBalance(run, Date.now() + TIMEOUT);
				if (outcome?.is === 'acknowledged') return { items: [{ json: outcome.body }] };
				const failure =
					outcome?.is === 'refused' ? refused(BALANCE, outcome) : notRead(BALANCE.name, outcome);
				return { failure, endsBatch: endsBatch(outcome) };
			},
		};
	});
}
