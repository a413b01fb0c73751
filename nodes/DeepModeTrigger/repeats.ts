/** The most callbacks that are remembered; the oldest are forgotten first. */
const LIMIT = 10_000;

/**
 * The callbacks that have started a workflow, in this process. n8n's static data would survive a
 * restart, but n8n does not save it from a trigger's `webhook()`.
 */
const seen = new Map<string, Promise<unknown>>();

/**
 * Runs something once for each key.
 *
 * @param key what tells one callback from another; short, since it is kept
 * @param run resolves to its result, and whether it counts; if not, or if it throws, the key is
 * free again afterwards
 * @returns the result; `undefined` for whoever came later, who waits until the first is done
 * @throws what the first throws, for all who wait for it
 */
export async function once<T>(
	key: string,
	run: () => Promise<{ result: T; counts: boolean }>,
): Promise<T | undefined> {
	const earlier = seen.get(key);
	if (earlier) {
		await earlier;
		return undefined;
	}
	const running = run();
	remember(key, running);
	let counts = false;
	try {
		const ran = await running;
		counts = ran.counts;
		return ran.result;
	} finally {
		if (!counts) seen.delete(key);
	}
}

function remember(key: string, running: Promise<unknown>): void {
	seen.set(key, running);
	const oldest = seen.keys().next();
	if (seen.size > LIMIT && !oldest.done) seen.delete(oldest.value);
}
