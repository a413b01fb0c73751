/** The longest pause, in milliseconds. */
const LONGEST = 15_000;

/** Pauses between tries, each twice as long as the one before, in milliseconds. */
export function* growingPauses(first: number): Generator<number> {
	for (let pause = first; ; pause = Math.min(pause * 2, LONGEST)) yield pause;
}
