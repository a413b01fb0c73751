/**
 * Tells the person at the terminal what is going on. It goes to stderr: jest leaves that alone, and
 * stdout stays free for results.
 *
 * @param line - one line of text, without a line break
 */
export function announce(line: string): void {
	process.stderr.write(`${line}\n`);
}

/** The time since a moment, for people, such as "2 min 5 s". */
export function elapsed(since: number): string {
	const seconds = Math.round((Date.now() - since) / 1000);
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
