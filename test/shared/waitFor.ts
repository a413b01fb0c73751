import { announce, elapsed } from './progress';

const ANNOUNCE_EVERY_MS = 15_000;

export interface WaitOptions {
	/** Time limit in milliseconds; 30 seconds unless told. */
	timeoutMs?: number;
	/** Pause between two looks at the condition, in milliseconds. */
	everyMs?: number;
}

/**
 * Waits until a condition holds, and says now and then what it is waiting for.
 *
 * @param what - what is waited for, as it should read after "waiting for"
 * @param condition - looked at again and again; any value but `undefined` and `false` ends the wait
 * @returns that value
 * @throws what the condition throws, at once; an error that names `what` when the time is over
 */
export async function waitFor<T>(
	what: string,
	condition: () => Promise<T | undefined | false> | T | undefined | false,
	{ timeoutMs = 30_000, everyMs = 200 }: WaitOptions = {},
): Promise<T> {
	const started = Date.now();
	let announced = started;
	for (;;) {
		const value = await condition();
		if (value !== undefined && value !== false) return value;
		if (Date.now() - started >= timeoutMs) {
			throw new Error(`Gave up waiting for ${what} after ${elapsed(started)}`);
		}
		if (Date.now() - announced >= ANNOUNCE_EVERY_MS) {
			announced = Date.now();
			announce(`Still waiting for ${what} (${elapsed(started)})`);
		}
		// Not that of `node:timers`: a test's clock could not move it.
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}
