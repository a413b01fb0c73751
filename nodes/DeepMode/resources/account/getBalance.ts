import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { judgeBalance } from '../../../shared/api/outcome';
import { runBatch } from '../../run/batch';
import { prepareRun } from '../../run/run';
import { endsBatch, notRead, refused } from '../image/messages';

/** How long to wait for the balance, in milliseconds. */
const TIMEOUT = 30_000;

const SUBJECT = { name: 'the balance', action: 'show', advice: 'Check the DeepMode credential.' };

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
			maxCredits: 0,
		});
		return {
			maxConcurrency: 1,
			read: () => 'balance',
			keyOf: (balance) => balance,
			work: async () => {
				const outcome = await run.sender.read(
					{
						send: async (timeout) => await run.client.checkBalance(timeout),
						judge: judgeBalance,
					},
					Date.now() + TIMEOUT,
				);
				if (outcome?.is === 'acknowledged') return { items: [{ json: outcome.body }] };
				const failure =
					outcome?.is === 'refused' ? refused(SUBJECT, outcome) : notRead(SUBJECT.name, outcome);
				return { failure, endsBatch: endsBatch(outcome) };
			},
		};
	});
}
