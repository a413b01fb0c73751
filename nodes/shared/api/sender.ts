import type { Reply } from './client';
import type { Gate } from './gate';
import { gateOf } from './gate';
import type { Outcome } from './outcome';
import { delay } from '../delay';

/** How often a connection is tried that is never made, and the first pause between. */
const CONNECTION_TRIES = 3;
const CONNECTION_PAUSE = 1000;

/** Nothing is sent whose answer could not be waited for so long, in milliseconds. */
const SHORTEST_WAIT = 200;

/** A request to DeepMode, and how to judge its answer. */
export interface Request {
	/** Sends it once. `timeout` in milliseconds. */
	send: (timeout: number) => Promise<Reply>;
	judge: (answer: Reply) => Outcome;
	/** Asked right before each sending; if not, the request is left. */
	maySend?: () => boolean;
	/** It is not sent with less time left to hear the answer, in milliseconds. */
	leastTime?: number;
}

/** Sends requests through the gate of their account, which all senders of this process share. */
export class Sender {
	private readonly gate: Gate;

	/**
	 * @param account tells it from others
	 * @param isUrgent whether somebody waits for these requests who is not part of a batch
	 * @param stop aborted when the user stops the execution
	 */
	constructor(
		account: string,
		private readonly isUrgent: boolean,
		private readonly stop?: AbortSignal,
	) {
		this.gate = gateOf(account);
	}

	/**
	 * Sends a request until it is accepted or refused. It is sent again only after an answer that
	 * says that it was surely not accepted and may come again: DeepMode was busy, or the connection
	 * was never made.
	 *
	 * @param deadline when the answer is no longer waited for, in milliseconds since 1970
	 * @returns the last outcome; `undefined` if it was never sent, since it may not be or the time
	 * was over
	 */
	async send(request: Request, deadline: number): Promise<Outcome | undefined> {
		let outcome: Outcome | undefined;
		for (let tries = 1; ; ) {
			const pass = await this.gate.pass(deadline, this.isUrgent, this.stop);
			if (!pass) return outcome;
			const timeout = deadline - Date.now();
			if (timeout < (request.leastTime ?? SHORTEST_WAIT) || request.maySend?.() === false) {
				pass.unused();
				return outcome;
			}

			outcome = request.judge(await request.send(timeout));
			if (outcome.is === 'busy') {
				pass.refused(outcome.retryAfter);
			} else if (outcome.is === 'unreachable') {
				pass.unused();
				if (tries === CONNECTION_TRIES) return outcome;
				await delay(CONNECTION_PAUSE * tries, this.stop);
				tries += 1;
			} else {
				pass.taken();
				return outcome;
			}
		}
	}
}
