import type { Logger } from 'n8n-workflow';

import { delay } from '../delay';
import { growingPauses } from '../growingPauses';
import type { Reply } from './client';
import { gateOf } from './gate';
import { logLine } from './logLine';
import type { Outcome } from './outcome';

/** How often a connection is tried that cannot mend itself. */
const FINAL_TRIES = 3;
/** How long any other is tried, and how long a run may find nobody at all, in milliseconds. */
const PATIENCE = 60_000;
/** The first pause between tries: of a connection, and of a read that failed; in milliseconds. */
const CONNECTION_PAUSE = 1000;
const READ_PAUSE = 500;

/** Nothing is sent whose answer could not be waited for so long, in milliseconds. */
const SHORTEST_WAIT = 200;

/** What is known where DeepMode asked others for a pause. */
const PAUSE: Outcome = { is: 'busy', status: 429, words: '' };

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
	/** Since when requests have found nobody, in milliseconds since 1970. */
	private deserted?: number;

	/**
	 * @param account tells it from others
	 * @param isUrgent whether somebody waits for these requests who is not part of a batch
	 * @param stop aborted when the user stops the execution
	 * @param logger is told, at level debug, what becomes of each request
	 */
	constructor(
		private readonly account: string,
		private readonly isUrgent: boolean,
		private readonly stop?: AbortSignal,
		private readonly logger?: Pick<Logger, 'debug'>,
	) {}

	/**
	 * Sends a request until it is accepted or refused. It is sent again only after an answer that
	 * says that it was surely not accepted and may come again: DeepMode was busy, or the connection
	 * was never made.
	 *
	 * @param deadline when the answer is no longer waited for, in milliseconds since 1970
	 * @returns the last outcome; "busy", too, if it was never sent since DeepMode asked others for a
	 * pause; `undefined` if it was not for another reason: it may not be, or the time was over
	 */
	async send(request: Request, deadline: number): Promise<Outcome | undefined> {
		const until = Math.min(deadline, Date.now() + PATIENCE);
		let last: Outcome | undefined;
		let tries = 0;
		for (const wait of growingPauses(CONNECTION_PAUSE)) {
			const outcome = await this.sendWhenOpen(request, deadline);
			last = outcome ?? last;
			if (outcome?.is !== 'unreachable') return last;
			tries += 1;
			if (this.isAway) return { ...outcome, isFinal: true };
			const left = until - Date.now();
			if (left <= 0 || (outcome.isFinal && tries === FINAL_TRIES)) return outcome;
			await delay(Math.min(wait, left), this.stop);
		}
		return last;
	}

	/**
	 * Sends a request that costs nothing, again and again until it is answered.
	 *
	 * @param deadline as for `send`
	 * @param goesOn whether the answer is still wanted
	 */
	async read(
		request: Request,
		deadline: number,
		goesOn = () => !this.stop?.aborted,
	): Promise<Outcome | undefined> {
		for (const wait of growingPauses(READ_PAUSE)) {
			const outcome = await this.send({ ...request, maySend: goesOn }, deadline);
			if (outcome?.is !== 'unknown') return outcome;
			if (this.isAway) return nobody(outcome.seen);
			if (!goesOn() || Date.now() + wait >= deadline) return outcome;
			await delay(wait, this.stop);
		}
		return undefined;
	}

	private async sendWhenOpen(request: Request, deadline: number): Promise<Outcome | undefined> {
		let outcome: Outcome | undefined;
		for (;;) {
			// Anew each time: one that nobody needs for a while is not kept.
			const gate = gateOf(this.account);
			const pass = await gate.pass(deadline, this.isUrgent, this.stop);
			// Whoever heard it.
			if (!pass) return outcome ?? (gate.isClosedUntil(deadline) ? PAUSE : undefined);
			const timeout = deadline - Date.now();
			if (timeout < (request.leastTime ?? SHORTEST_WAIT) || request.maySend?.() === false) {
				pass.unused();
				return outcome;
			}
			const sentAt = Date.now();
			const reply = await request.send(timeout);
			outcome = request.judge(reply);
			this.logger?.debug(logLine(reply, outcome, Date.now() - sentAt));
			this.listen(outcome, sentAt);
			if (outcome.is === 'busy') {
				pass.refused(outcome.retryAfter);
				continue;
			}
			if (outcome.is === 'unreachable') pass.unused();
			else pass.taken();
			return outcome;
		}
	}

	private listen(outcome: Outcome, sentAt: number): void {
		if (outcome.is === 'unreachable' || (outcome.is === 'unknown' && outcome.isBrief)) {
			this.deserted ??= sentAt;
		} else if (outcome.is !== 'unknown') {
			this.deserted = undefined;
		}
	}

	/** Whether every request for so long has found nobody: none will find anybody soon. */
	private get isAway(): boolean {
		return this.deserted !== undefined && Date.now() - this.deserted >= PATIENCE;
	}
}

function nobody(seen: string): Outcome {
	return {
		is: 'unreachable',
		seen: `for a minute nothing came but this: ${seen}`,
		isFinal: true,
		cure: 'Check the Base URL in the DeepMode credential, and wait until DeepMode is back.',
	};
}
