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
		});
		return {
			maxConcurrency: 1,
			read: () => 'balance',
			keyOf: (balance) => balance,
			work: async () => {
				const outcome = await run.sender.send(
					{
						send: async (timeout) => await run.client.checkBalance(timeout),
						judge: judgeBalance,
					},
					Date.now() + TIMEOUT,
				);
				if (outcome?.is === 'acknowledged') return { items: [{ json: outcome.body }] };
				return outcome?.is === 'refused'
					? { failure: refused(SUBJECT, outcome), endsBatch: endsBatch(outcome) }
					: { failure: notRead(SUBJECT.name, outcome), endsBatch: false };
			},
		};
	});
}
