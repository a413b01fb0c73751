const { appendFileSync } = require('node:fs');
const { PerformanceObserver } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

/** How often to look, in milliseconds. */
const EVERY_MS = 5;
/** Shorter turns are not told. */
const LEAST_MS = 20;

/**
 * Preloaded into n8n. Between two SIGUSR2 it tells each long turn of the event loop, in a line of the
 * file TURNS_FILE: when it ended, in milliseconds since 1970, how long it was, and its CPU time; and
 * of each garbage collection when it ended, and how long it was.
 */
if (isMainThread && process.argv[1]?.endsWith('n8n')) {
	let timer;
	let last;
	const tell = (kind, ...numbers) =>
		appendFileSync(
			process.env.TURNS_FILE,
			`${[kind, ...numbers.map((number) => number.toFixed(1))].join(' ')}\n`,
		);
	const tellCollections = (entries) => {
		for (const { startTime, duration } of entries) {
			tell('collection', performance.timeOrigin + startTime + duration, duration);
		}
	};
	const collections = new PerformanceObserver((list) => tellCollections(list.getEntries()));
	const now = () => ({ time: performance.now(), cpu: process.threadCpuUsage() });
	const look = () => {
		const { time, cpu } = now();
		const turn = time - last.time - EVERY_MS;
		if (turn >= LEAST_MS) {
			const { user, system } = process.threadCpuUsage(last.cpu);
			const busy = (user + system) / 1000;
			tell('turn', Date.now(), turn, busy);
		}
		last = { time, cpu };
	};
	process.on('SIGUSR2', () => {
		if (timer) {
			clearInterval(timer);
			timer = undefined;
			tellCollections(collections.takeRecords());
			collections.disconnect();
			return;
		}
		last = now();
		collections.observe({ entryTypes: ['gc'] });
		timer = setInterval(look, EVERY_MS);
	});
}
