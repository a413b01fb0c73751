import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { CREDITS_PER_UPSCALE } from '../../../shared/api/prices';
import type { Outcome } from '../../../shared/api/outcome';
import { readBalance } from '../../../shared/api/readBalance';
import { toNumber } from '../../../shared/toNumber';
import type { Job } from '../../run/batch';
import type { Run } from '../../run/run';
import { BALANCE, endsBatch, notSent, refused, tooFewCredits } from './messages';

/** What costs no more is not compared with the balance. */
const LITTLE = 5 * CREDITS_PER_UPSCALE;
/** How long to wait for the balance, in milliseconds: the run waits, too. */
const BALANCE_TIMEOUT = 10_000;

export const ifTooFewCreditsOption: INodeProperties = {
	displayName: 'If Too Few Credits',
	name: 'ifTooFewCredits',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Stop',
			value: 'stop',
			description: 'The run fails before anything is paid',
		},
		{
			name: 'Tell',
			value: 'tell',
			description: 'A line above the output tells, and the credits are used up',
		},
	],
	default: 'tell',
	description:
		"What to do with a run that would cost more than the account's balance. It is compared before anything is sent, where it is more than five upscales.",
};

/**
 * Compares what a run is to cost with the account's balance, before anything is sent. Where the
 * credits do not suffice, the user is told or, if that is what the user wants, nothing is sent.
 * A balance that cannot be read stops nothing, unless nothing else could be sent either.
 *
 * It costs a run one request; only where the balance may be too low, `foresee` is asked.
 *
 * @param jobs at least one
 * @param most what it may cost, in credits
 * @param foresee finds out what it will cost, in credits
 */
export async function compareWithBalance(
	run: Run,
	jobs: Array<Pick<Job<unknown>, 'endSending'>>,
	most: number,
	foresee = async () => await Promise.resolve(most),
): Promise<void> {
	const isTooMuch = (credits: number, balance: number) =>
		Math.min(credits, run.budget.left) > Math.max(balance, LITTLE);
	if (!isTooMuch(most, 0)) return;
	const outcome = await readBalance(run, Date.now() + BALANCE_TIMEOUT);
	if (endsBatch(outcome)) {
		const isRefused = outcome?.is === 'refused';
		const failure = isRefused ? refused(BALANCE, outcome) : notSent(BALANCE.name, outcome);
		return jobs[0]?.endSending(failure);
	}
	const balance = balanceOf(outcome);
	if (balance === undefined || !isTooMuch(most, balance)) return;
	const credits = Math.min(await foresee(), run.budget.left);
	if (!isTooMuch(credits, balance)) return;

	const failure = tooFewCredits(credits, balance);
	if (run.options.ifTooFewCredits === 'stop') jobs[0]?.endSending(failure);
	else tell(run.context, failure.message);
}

function balanceOf(outcome: Outcome | undefined): number | undefined {
	const isTold = outcome?.is === 'acknowledged';
	const balance = toNumber(isTold ? outcome.body.remaining_balance : undefined);
	return Number.isNaN(balance) ? undefined : balance;
}

/** In n8n's log at once, since a line above the output comes at the end only. */
function tell(context: IExecuteFunctions, what: string): void {
	const message = `${what}. Add credits, and run again for what is left.`;
	context.logger.warn(`DeepMode node "${context.getNode().name}": ${message}`);
	context.addExecutionHints?.({ message, type: 'warning', location: 'outputPane' });
}
