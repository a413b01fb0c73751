import { sleep } from 'n8n-workflow';

import { SteadyClock } from '../steadyClock';
import { Pace } from './pace';

/** The first wait when DeepMode does not say how long, and the longest, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
/** Where a pace is known, the first wait is that of so many requests, and at least so long. */
const WAIT_IN_REQUESTS = 2;
const SHORTEST_WAIT = 100;
/** What is not refused by then was taken, in milliseconds: a sync upscale is silent until it is done. */
const SILENCE = 2000;
/** So many requests may be out at first; with each that is taken, one more. */
const FIRST_WINDOW = 10;
/**
 * The longest pause that DeepMode can mean, in milliseconds; what is longer, such as a time in seconds
 * since 1970, is a mistake, and then one finds out after so many milliseconds.
 */
const LONGEST_PAUSE = 24 * 60 * 60 * 1000;
const AFTER_A_MISTAKE = 60 * 60 * 1000;
/** After so many who are urgent one of the others goes: else they might wait for ever. */
const MOST_URGENT = 3;
/** How late somebody may learn that the time is over, in milliseconds. */
const TICK = 1000;

/** Somebody who waits to send. */
interface Waiting {
	/** In milliseconds since 1970. */
	deadline: number;
	answer: (pass: Pass | undefined) => void;
}

/** A request that was let through, and may still be refused. */
interface Out {
	/** In milliseconds. */
	sentAt: number;
}

/** Leave to send one request, whose end is to be told. */
export interface Pass {
	/** DeepMode took it. */
	taken: () => void;
	/** DeepMode never saw it: the next goes in its place. */
	unused: () => void;
	/** DeepMode asks to come again. @param retryAfter how long it asks to wait, in milliseconds */
	refused: (retryAfter?: number) => void;
}

/**
 * What every request to an account goes through, whoever sends it. When DeepMode asks for a pause,
 * nobody sends until it is over; then one goes first, and the others follow at a pace (`Pace`).
 *
 *     open ──refused──▶ closed ──wait over──▶ one goes first ──refused──▶ closed, for longer
 *      ▲                                           │
 *      └────────── taken, or silent ◀──────────────┘
 */
export class Gate {
	/** Those who wait; the urgent ones go first, as long as the others get their share. */
	private readonly queues: { urgent: Waiting[]; others: Waiting[] } = { urgent: [], others: [] };
	/** How many urgent ones have gone since one of the others did. */
	private urgentInARow = 0;
	/** Deadlines are by `Date`, and everything else is by this. */
	private readonly clock = new SteadyClock();
	private isServing = false;
	private wake: () => void = () => undefined;

	private readonly out = new Set<Out>();
	private window = FIRST_WINDOW;
	private readonly pace = new Pace();

	private closedAt = 0;
	private opensAt = 0;
	/** When DeepMode refused that closed the gate, and when it did last. */
	private refusedAt = { first: 0, last: 0 };
	private waitsInARow = 0;
	/** Who finds out whether the pause is over. */
	private scout: Out | undefined;

	/**
	 * Waits for the leave to send a request.
	 *
	 * @param deadline milliseconds since 1970
	 * @param isUrgent whether it goes before a batch's
	 * @returns nothing if the time or the execution is over first; at once, where that is known
	 */
	async pass(deadline: number, isUrgent = false, stop?: AbortSignal): Promise<Pass | undefined> {
		if (stop?.aborted) return undefined;
		const queue = isUrgent ? this.queues.urgent : this.queues.others;
		return await new Promise((resolve) => {
			const onStop = () => {
				remove(queue, waiting);
				resolve(undefined);
			};
			const answer = (pass: Pass | undefined) => {
				stop?.removeEventListener('abort', onStop);
				resolve(pass);
			};
			const waiting: Waiting = { deadline, answer };
			stop?.addEventListener('abort', onStop, { once: true });
			queue.push(waiting);
			void this.serve();
		});
	}

	/** Whether DeepMode asks for a pause until then, at least. @param moment milliseconds since 1970 */
	isClosedUntil(moment: number): boolean {
		return this.opensAt > this.clock.now() && moment <= this.earliest;
	}

	/** When it opens, or now; in milliseconds since 1970. */
	private get earliest(): number {
		return Date.now() + Math.max(0, this.opensAt - this.clock.now());
	}

	/** Whether nothing would be lost with this gate. */
	get isIdle(): boolean {
		const { urgent, others } = this.queues;
		const knows = this.pace.interval > 0 || this.waitsInARow > 0 || this.opensAt > this.clock.now();
		return urgent.length + others.length + this.out.size === 0 && !(knows && !this.isForgotten);
	}

	/** Whether nobody has sent for so long that nothing of what was measured holds any more. */
	private get isForgotten(): boolean {
		return this.pace.isForgotten(this.clock.now(), this.opensAt);
	}

	private async serve(): Promise<void> {
		if (this.isServing) {
			this.wake();
			return;
		}
		this.isServing = true;
		const { urgent, others } = this.queues;
		for (;;) {
			this.dismiss();
			if (urgent.length + others.length === 0) break;
			const wait = this.nextAt - this.clock.now();
			if (wait <= 0) {
				this.nextInLine()?.answer(this.letThrough());
			} else {
				const woken = new Promise<void>((resolve) => (this.wake = resolve));
				await Promise.race([sleep(Math.ceil(Math.min(wait, TICK))), woken]);
			}
		}
		this.isServing = false;
	}

	private nextInLine(): Waiting | undefined {
		const { urgent, others } = this.queues;
		const isTurnOfOthers = others.length > 0 && this.urgentInARow >= MOST_URGENT;
		const next = isTurnOfOthers ? undefined : urgent.shift();
		this.urgentInARow = next ? this.urgentInARow + 1 : 0;
		return next ?? others.shift();
	}

	/** Those whose time is over before the gate opens. */
	private dismiss(): void {
		const { earliest } = this;
		for (const queue of Object.values(this.queues)) {
			for (const waiting of queue.filter(({ deadline }) => deadline <= earliest)) {
				remove(queue, waiting);
				waiting.answer(undefined);
			}
		}
	}

	/** When the next request may go. */
	private get nextAt(): number {
		if (this.scout) return Math.max(this.opensAt, this.scout.sentAt + SILENCE);
		const [oldest] = this.out;
		const roomAt = oldest && this.out.size >= this.window ? oldest.sentAt + SILENCE : 0;
		return Math.max(this.opensAt, this.pace.nextAt, roomAt);
	}

	private letThrough(): Pass {
		const now = this.clock.now();
		const request = { sentAt: now };
		if (this.isForgotten) this.startAnew(now);
		if (this.scout) this.follow();
		const isFirst = this.waitsInARow > 0;
		if (isFirst) this.scout = request;
		const takeBack = this.pace.go(now, !isFirst);
		for (const silent of this.out) if (now - silent.sentAt >= SILENCE) this.take(silent);
		this.out.add(request);
		return {
			taken: () => {
				this.take(request);
				if (this.scout === request) this.follow();
				this.wake();
			},
			unused: () => {
				this.forget(request);
				takeBack();
				this.wake();
			},
			refused: (retryAfter) => {
				this.forget(request);
				this.pace.notTaken(now);
				this.close(request, retryAfter);
				this.wake();
			},
		};
	}

	/** As if nobody had sent before. */
	private startAnew(now: number): void {
		this.window = FIRST_WINDOW;
		this.waitsInARow = 0;
		this.scout = undefined;
		this.pace.startAnew(now);
	}

	private take(request: Out): void {
		if (this.out.delete(request)) this.window += 1;
	}

	private forget(request: Out): void {
		this.out.delete(request);
		if (this.scout === request) this.scout = undefined;
	}

	/** The pause is over: the others follow. */
	private follow(): void {
		const now = this.clock.now();
		const { refusedAt, opensAt } = this;
		this.scout = undefined;
		this.waitsInARow = 0;
		this.pace.learn({ refusedAt, opensAt, endedAt: Math.min(now, opensAt + SILENCE) }, now);
	}

	private close(request: Out, retryAfter?: number): void {
		const now = this.clock.now();
		// Requests that were on their way together are one knock at the gate.
		const isNews = request.sentAt > this.closedAt;
		this.refusedAt = { first: this.waitsInARow > 0 ? this.refusedAt.first : now, last: now };
		if (isNews) this.waitsInARow += 1;
		if (retryAfter === undefined && !isNews) return;
		// Who says "at once" and means it would not have refused.
		const wait =
			retryAfter === undefined ? this.nextWait() : Math.max(asked(retryAfter), FIRST_WAIT);
		this.closedAt = now;
		this.opensAt = Math.max(this.opensAt, now + wait);
		this.dismiss();
	}

	private get firstWait(): number {
		const { interval } = this.pace;
		if (interval === 0) return FIRST_WAIT;
		return clamp(WAIT_IN_REQUESTS * interval, SHORTEST_WAIT, FIRST_WAIT);
	}

	/** Doubles, and differs from run to run, so that several do not come back all at once. */
	private nextWait(): number {
		const wait = Math.min(this.firstWait * 2 ** (this.waitsInARow - 1), LONGEST_WAIT);
		return wait * (1 + Math.random() / 2);
	}
}

/** The gates of this process, by account. */
const gates = new Map<string, Gate>();

/** The one gate of an account in this process. @param account tells it from others */
export function gateOf(account: string): Gate {
	const known = gates.get(account);
	if (known) return known;
	for (const [name, { isIdle }] of gates) if (isIdle) gates.delete(name);
	const gate = new Gate();
	gates.set(account, gate);
	return gate;
}

function remove<T>(list: T[], element: T): void {
	const index = list.indexOf(element);
	if (index >= 0) list.splice(index, 1);
}

function clamp(value: number, lowest: number, highest: number): number {
	return Math.min(Math.max(value, lowest), highest);
}

/** How long to wait where DeepMode says how long, in milliseconds. */
function asked(retryAfter: number): number {
	return retryAfter > LONGEST_PAUSE ? AFTER_A_MISTAKE : retryAfter;
}
