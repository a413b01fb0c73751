/** How often a line is written, in milliseconds. */
const EVERY = 60_000;

/** When a kind of line was written last, by the monotonic clock, and how often it was left off since. */
const written = new Map<string, { at: number; leftOff: number }>();

/**
 * A line for n8n's log, once a minute for each kind: whoever calls must not be able to fill it.
 *
 * @param kind nothing that a caller chooses, since it is kept
 * @returns nothing while one of its kind was written of late
 */
export function rareLine(kind: string, line: string): string | undefined {
	const now = performance.now();
	const last = written.get(kind);
	if (last && now - last.at < EVERY) {
		last.leftOff += 1;
		return undefined;
	}
	written.set(kind, { at: now, leftOff: 0 });
	return last?.leftOff ? `${line} (and ${last.leftOff} times more since this was logged)` : line;
}
