/** Tells the time like `Date`, but never goes back, as a machine's clock can. */
export class SteadyClock {
	private latest = 0;
	private setBack = 0;

	/** Milliseconds since 1970, and more if the machine's clock was set back. */
	now(): number {
		const now = Date.now() + this.setBack;
		this.setBack += Math.max(0, this.latest - now);
		this.latest = Math.max(this.latest, now);
		return this.latest;
	}
}
