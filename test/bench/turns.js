const { appendFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

/** How often to look, in milliseconds. */
const EVERY_MS = 5;
/** Shorter turns are not told. */
const LEAST_MS = 20;

/**
 * Preloaded into n8n. Between two SIGUSR2 it tells each long turn of the event loop, in a line of the
 * file TURNS_FILE: when it ended, in milliseconds since 1970, and how long it was.
 */
if (isMainThread && process.argv[1]?.endsWith('n8n')) {
	let timer;
	let last;
	const now = () => ({ time: performance.now(), cpu: process.threadCpuUsage() });
	const look = () => {
		const { time, cpu } = now();
		const turn = time - last.time - EVERY_MS;
		if (turn >= LEAST_MS) {
			const { user, system } = process.threadCpuUsage(last.cpu);
			const busy = (user + system) / 1000;
			appendFileSync(
				process.env.TURNS_FILE,
				`${Date.now()} ${turn.toFixed(1)} ${busy.toFixed(1)}\n`,
			);
		}
		last = { time, cpu };
	};
	process.on('SIGUSR2', () => {
		if (timer) {
			clearInterval(timer);
			timer = undefined;
			return;
		}
		last = now();
		timer = setInterval(look, EVERY_MS);
	});
}
