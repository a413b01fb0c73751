import type { Reply } from './client';
import { Gate } from './gate';
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
}

/** Sends the requests of a run, all through one gate. */
export class Sender {
	private readonly gate: Gate;

	constructor(private readonly stop?: AbortSignal) {
		this.gate = new Gate(stop);
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
			const isOpen = await this.gate.pass(deadline);
			const timeout = deadline - Date.now();
			if (!isOpen || timeout < SHORTEST_WAIT || request.maySend?.() === false) return outcome;

			const sentAt = Date.now();
			outcome = request.judge(await request.send(timeout));
			if (outcome.is === 'busy') {
				this.gate.close(sentAt, outcome.retryAfter);
			} else if (outcome.is === 'unreachable' && tries < CONNECTION_TRIES) {
				await delay(CONNECTION_PAUSE * tries, this.stop);
				tries += 1;
			} else {
				if (outcome.is !== 'unknown' && outcome.is !== 'unreachable') this.gate.open(sentAt);
				return outcome;
			}
		}
	}
}
