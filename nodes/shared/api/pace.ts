/** The pace is measured over so many milliseconds before DeepMode refused. */
const HORIZON = 25_000;
/** Pauses are in what is measured, so the pace starts a little above it. */
const HEADROOM = 1.04;
/** Where the gate was closed for less than this part of the time, the pace was nearly right. */
const RARE = 0.15;
/** What is left then of the pace. */
const STEP_BACK = 0.92;
/**
 * In so many milliseconds without a refusal the pace doubles: slowly at first, then faster. If the
 * gate was closed for longer, in that time: what DeepMode counts over may be as long.
 */
const DOUBLING = 60_000;
/** The first pace is a guess: it is not slower than this, in milliseconds, and doubles sooner. */
const FIRST_INTERVAL = 1000;
const FIRST_DOUBLING = 15_000;
/** After so many milliseconds without a refusal, or a request, there is no pace to keep any more. */
const FORGETTING = 600_000;
/** Who goes later than this after the pace allowed it was not held back by it, in milliseconds. */
const LATE = 1000;
/** The most requests that are remembered to measure the pace. */
const MOST_REMEMBERED = 10_000;

/** A time in which DeepMode refused, in milliseconds since 1970. */
export interface Closure {
	/** When it refused that began it, and when it did last. */
	refusedAt: { first: number; last: number };
	/** When DeepMode could be asked again. */
	opensAt: number;
	/** When it took a request, unless nobody came for long: that says nothing of DeepMode. */
	endedAt: number;
}

/**
 * How fast requests follow each other: as fast as they were taken of late, pauses included. So it
 * fits a limit of any shape, so many in a window or a bucket that fills. It grows until DeepMode
 * refuses again, along a curve that stays near what was measured at first, and then looks for more
 * (CUBIC, as TCP has it). Until DeepMode refuses for the first time, there is none.
 *
 * Moments are in milliseconds since 1970, by a clock that does not go back.
 */
export class Pace {
	/** When requests were let through that were not refused, the oldest first. */
	private taken: number[] = [];
	/** Since when requests have followed each other. */
	private openedAt = 0;
	/** Milliseconds from one request to the next, as measured; 0 if there is no pace to keep. */
	private measured = 0;
	/** For how long requests have followed each other without a refusal, in milliseconds. */
	private grown = 0;
	private doubling = FIRST_DOUBLING;
	private lastAt = 0;

	/** Milliseconds from one request to the next, as measured last; 0 if there is no pace to keep. */
	get interval(): number {
		return this.measured;
	}

	/** When the next request may go. */
	get nextAt(): number {
		return this.measured > 0 ? this.lastAt + this.pause : 0;
	}

	/** Milliseconds from one request to the next, as it has grown. */
	private get pause(): number {
		return this.measured / (HEADROOM + (this.grown / this.doubling) ** 3);
	}

	/** Whether nobody has sent for so long that it says nothing any more. */
	isForgotten(now: number, opensAt: number): boolean {
		return now - Math.max(this.lastAt, opensAt) > FORGETTING;
	}

	/** As if nobody had sent before. */
	startAnew(now: number): void {
		this.openedAt = now;
		this.measured = 0;
	}

	/**
	 * A request goes now.
	 *
	 * @param isFollowing whether it follows others, and does not go alone after a refusal
	 * @returns makes as if it had not gone
	 */
	go(now: number, isFollowing: boolean): () => void {
		const { lastAt, grown } = this;
		// Who was not held back by the pace says nothing of it.
		if (isFollowing && now - lastAt < this.pause + LATE) this.grown += now - lastAt;
		if (this.grown > FORGETTING) this.measured = 0;
		this.lastAt = now;
		this.taken.push(now);
		if (this.taken.length > MOST_REMEMBERED) this.taken.shift();
		return () => {
			this.notTaken(now);
			if (this.lastAt !== now) return;
			this.lastAt = lastAt;
			this.grown = grown;
		};
	}

	/** DeepMode refused a request that went then. */
	notTaken(at: number): void {
		const index = this.taken.indexOf(at);
		if (index >= 0) this.taken.splice(index, 1);
	}

	/** Measures anew, when requests may follow each other again. */
	learn(closure: Closure, now: number): void {
		const { refusedAt, opensAt } = closure;
		const doubling = this.measured === 0 ? FIRST_DOUBLING : DOUBLING;
		this.measured = this.measure(closure);
		this.doubling = Math.max(doubling, opensAt - refusedAt.first);
		this.grown = 0;
		this.openedAt = now;
	}

	/** @returns milliseconds from one request to the next */
	private measure({ refusedAt: { first, last }, endedAt }: Closure): number {
		const isFirst = this.measured === 0;
		const from = Math.max(this.openedAt, isFirst ? 0 : first - HORIZON);
		const count = this.taken.filter((at) => at >= from).length - 1;
		const isRare = endedAt - first < RARE * (endedAt - this.openedAt);
		if (isRare && !isFirst) return this.pause / STEP_BACK;
		// The waits double: DeepMode would have taken it at some time between the last two.
		const to = (last + endedAt) / 2;
		const interval = (to - from) / Math.max(1, count);
		if (isFirst) return Math.min(interval, FIRST_INTERVAL);
		// The wait is in it, and was longer than needed: the truth is nearer to the pace before it.
		return Math.sqrt(interval * Math.min(interval, this.pause));
	}
}
