import type { Memory } from './memory';
import type { RunOptions } from './options';

/**
 * What a node may still spend in an execution, over all its runs: an AI agent's calls of its tool and
 * the rounds of a loop are runs of their own.
 *
 * Credits are counted before they are sent, and given back if DeepMode surely did not take them. So
 * whatever would exceed the limit waits for what this run has in flight, which may still turn out to
 * cost nothing.
 */
export class Budget {
	/** Counted, and still in flight. */
	private inFlight = 0;
	/** Nothing more is sent in this run. */
	private isSpent = false;
	private waiting: Array<() => void> = [];

	/** @param memory of the execution, which keeps the count */
	constructor(
		private readonly memory: Pick<Memory, 'credits'>,
		private readonly options: Pick<RunOptions, 'maxCredits'>,
	) {}

	/** The most that this node may spend in an execution; 0 if there is no limit. */
	get limit(): number {
		return this.options.maxCredits;
	}

	/** Credits that were submitted in this execution so far. */
	get submitted(): number {
		return this.memory.credits;
	}

	/** Credits that may still be submitted. */
	get left(): number {
		return this.limit === 0 ? Infinity : Math.max(0, this.limit - this.submitted);
	}

	/**
	 * Sends what costs credits, unless the limit forbids it, and then all that comes after it in this
	 * run, too.
	 *
	 * @param send sends it
	 * @param isFree whether what came back says that it cost nothing
	 * @returns nothing if it was not sent
	 */
	async spend<T>(
		credits: number,
		send: () => Promise<T>,
		isFree: (outcome: T) => boolean,
	): Promise<{ outcome: T } | undefined> {
		if (!(await this.reserve(credits))) return undefined;
		try {
			const outcome = await send();
			if (isFree(outcome)) this.memory.credits -= credits;
			return { outcome };
		} finally {
			this.inFlight -= credits;
			this.wake();
		}
	}

	private async reserve(credits: number): Promise<boolean> {
		while (!this.isSpent && credits > this.left) {
			this.isSpent = credits > this.left + this.inFlight;
			if (this.isSpent) this.wake();
			else await new Promise<void>((resolve) => this.waiting.push(resolve));
		}
		if (this.isSpent) return false;
		this.memory.credits += credits;
		this.inFlight += credits;
		return true;
	}

	private wake(): void {
		this.waiting.splice(0).forEach((goOn) => goOn());
	}
}
