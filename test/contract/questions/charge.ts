import type { Exchange } from '../api';
import type { Session } from '../question';
import { balanceOf } from './judged';

/** What pictures are made of. */
export const PROMPT = 'A lighthouse on a cliff at dawn';

/** A submission, and what the account says it cost. */
export interface Charge {
	exchange: Exchange;
	/** Nothing, if the balance could not be read. */
	cost?: number;
}

/** Submits something, and reads what it cost from the balance, which the session knows then. */
export async function charge(
	session: Session,
	submit: (session: Session) => Promise<Exchange>,
): Promise<Charge> {
	const before = session.balance;
	const exchange = await submit(session);
	const after = balanceOf(await session.api.balance());
	session.balance = after;
	const isKnown = before !== undefined && after !== undefined;
	return { exchange, cost: isKnown ? before - after : undefined };
}
