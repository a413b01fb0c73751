/// <reference lib="esnext.disposable" />
import { announce } from '../shared/progress';

/**
 * Runs a command that the user ends with Ctrl+C, and ends this process with it.
 *
 * @param command gets where to leave what has to be ended
 * @param options.isEndless without that there is still something to do when it is interrupted
 */
export function runUntilInterrupted(
	command: (cleanup: AsyncDisposableStack) => Promise<void>,
	{ isEndless = true } = {},
): void {
	run(command, isEndless).then(
		// An install or a start that was interrupted would go on.
		() => process.exit(),
		(error: Error) => {
			announce(`It failed: ${error.message}`);
			process.exit(1);
		},
	);
}

async function run(
	command: (cleanup: AsyncDisposableStack) => Promise<void>,
	isEndless: boolean,
): Promise<void> {
	await using cleanup = new AsyncDisposableStack();
	const complete = await Promise.race([
		command(cleanup).then(() => true),
		interrupted().then(() => isEndless),
	]);
	if (!complete) throw new Error('it was interrupted');
}

/** Resolves at the first signal to end; more of them change nothing. */
async function interrupted(): Promise<void> {
	await new Promise((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
	});
	announce('Ending n8n and all the rest');
}
