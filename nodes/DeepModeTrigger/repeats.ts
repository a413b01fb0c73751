/** The most callbacks that are remembered; the oldest are forgotten first. */
const LIMIT = 10_000;

/**
 * The callbacks that have started a workflow, in this process. n8n's static data would survive a
 * restart, but n8n does not save it from a trigger's `webhook()`.
 */
const seen = new Map<string, Promise<boolean>>();

/**
 * Runs something once for each key, also when it is asked for several times at once.
 *
 * @param key what tells one callback from another
 * @param run resolves to whether it counts; if not, or if it throws, the next call runs again
 * @returns whether it ran now
 */
export async function once(key: string, run: () => Promise<boolean>): Promise<boolean> {
	for (let earlier = seen.get(key); earlier; earlier = seen.get(key)) {
		if (await earlier) return false;
	}
	const running = run();
	remember(
		key,
		running.catch(() => false),
	);
	if (!(await running.catch(() => false))) seen.delete(key);
	await running;
	return true;
}

function remember(key: string, counts: Promise<boolean>): void {
	seen.set(key, counts);
	const oldest = seen.keys().next();
	if (seen.size > LIMIT && !oldest.done) seen.delete(oldest.value);
}
