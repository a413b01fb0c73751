import { delay } from '../delay';

/** The first wait when DeepMode does not say how long, and the longest, in milliseconds. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;

/**
 * What every request of a run goes through. When DeepMode asks for a pause, it closes, and nobody
 * sends until it opens.
 */
export class Gate {
	private opensAt = 0;
	private closedAt = 0;
	private waitsInARow = 0;

	constructor(private readonly stop?: AbortSignal) {}

	/**
	 * Waits until the gate is open.
	 *
	 * @param deadline milliseconds since 1970
	 * @returns whether it is open; `false` at once if it will not be by the deadline
	 */
	async pass(deadline: number): Promise<boolean> {
		while (Date.now() < this.opensAt) {
			if (this.opensAt >= deadline || this.stop?.aborted) return false;
			await delay(this.opensAt - Date.now(), this.stop);
		}
		return !this.stop?.aborted;
	}

	/**
	 * Closes the gate.
	 *
	 * @param sentAt when the request was sent that was answered so, in milliseconds since 1970
	 * @param retryAfter how long DeepMode asks to wait, in milliseconds
	 */
	close(sentAt: number, retryAfter?: number): void {
		// Requests that were on their way together are one knock at the gate.
		const isNews = sentAt >= this.closedAt;
		if (isNews) this.waitsInARow += 1;
		if (retryAfter === undefined && !isNews) return;
		// Who says "at once" and means it would not have refused.
		const wait = Math.max(retryAfter ?? this.nextWait(), FIRST_WAIT);
		this.closedAt = Date.now();
		this.opensAt = Math.max(this.opensAt, this.closedAt + wait);
	}

	/** DeepMode takes requests again. */
	open(sentAt: number): void {
		if (sentAt >= this.closedAt) this.waitsInARow = 0;
	}

	/** Doubles, and differs from run to run, so that several do not come back all at once. */
	private nextWait(): number {
		const wait = Math.min(FIRST_WAIT * 2 ** (this.waitsInARow - 1), LONGEST_WAIT);
		return wait * (1 + Math.random() / 2);
	}
}
