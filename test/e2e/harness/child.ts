import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const FORCE_AFTER_MS = 30_000;

/** Whether a child process is over, however it ended. */
export function hasEnded(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null;
}

/** Ends a child process, by SIGKILL if it has not ended after 30 seconds, and waits for its end. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
	if (hasEnded(child)) return;
	const ended = once(child, 'exit');
	child.ref();
	child.kill(signal);
	const force = setTimeout(() => child.kill('SIGKILL'), FORCE_AFTER_MS);
	await ended;
	clearTimeout(force);
}
