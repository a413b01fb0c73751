import type { Exchange } from '../api';
import { describe, noContract } from '../describe';
import { endsBatch, judgeBalance, judgeSubmission, type Outcome } from '../package';
import { asAssumed, differs, takenFor, undecided, wrongly, type Finding } from '../verdict';

/** The statuses with which one item is refused, or that the account cannot pay. */
export type Expected = number[] | 'no credits';

/** The balance in an answer, if it is one. */
export function balanceOf({ reply }: Exchange): number | undefined {
	const outcome = judgeBalance(reply);
	if (outcome.is !== 'acknowledged') return undefined;
	const balance = Number(outcome.body.remaining_balance);
	return Number.isFinite(balance) ? balance : undefined;
}

/** What DeepMode must say no to, because of what one item asks for. */
export function refusal(exchange: Exchange, outcome: Outcome, expected: Expected): Finding {
	const seen = describe(exchange);
	if (outcome.is !== 'refused') return judged(exchange, `taken for ${takenFor(outcome)}`);
	if (outcome.status === 401) return undecided(seen, 'check DEEPMODE_API_KEY');
	if (endsBatch(outcome) !== (expected === 'no credits')) {
		return judged(exchange, `taken for a refusal of ${endsBatch(outcome) ? 'all' : 'this'} images`);
	}
	return expected === 'no credits' || expected.includes(outcome.status)
		? asAssumed(seen)
		: differs(seen, 'it ends the item, with DeepMode’s words');
}

/** The same for what would cost credits: it must not be taken for accepted in Call Back either. */
export function submissionRefusal(
	exchange: Exchange,
	outcome: Outcome,
	expected: Expected,
): Finding {
	const handedOver = judgeSubmission(exchange.reply);
	return handedOver.is === 'acknowledged'
		? judged(exchange, `taken for ${takenFor(handedOver)} in mode Call Back`)
		: refusal(exchange, outcome, expected);
}

/** Wrong, unless what came is no answer of an API at all. */
export function judged(exchange: Exchange, how: string): Finding {
	const seen = describe(exchange);
	const why = noContract(exchange.reply);
	return why === undefined ? wrongly(seen, how) : undecided(seen, why);
}
