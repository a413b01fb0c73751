import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises';

import sharp from 'sharp';

/** How long nothing may have come from outside before the clock is moved, in real milliseconds. */
const QUIET = 4;

/** What a moved clock leaves as it is: input and output are real. */
const REAL = [
	'cancelAnimationFrame',
	'cancelIdleCallback',
	'clearImmediate',
	'hrtime',
	'nextTick',
	'performance',
	'queueMicrotask',
	'requestAnimationFrame',
	'requestIdleCallback',
	'setImmediate',
] as const;

/**
 * Does something on a clock that is moved to the next timer whenever nothing happens: hours pass in
 * milliseconds, and in the order in which they would. HTTP on loopback and pictures are as real as
 * ever; the clock waits for them.
 *
 * Moved are `Date`, `setTimeout`, `setInterval` and `AbortSignal.timeout`, and with them the node's
 * `sleep` and the emulator's work. Not moved are `node:timers`, and the timers inside Node: the
 * `timeout` of an HTTP request or a socket does not pass. What comes from outside of this process
 * does not hold the clock; answers from there seem late.
 *
 * Timers that are left in the end never run, so what waits for one waits for ever.
 *
 * @returns the result, and how much time passed on the clock, in milliseconds
 * @throws what the work throws
 */
export async function onMovedClock<T>(
	work: () => Promise<T>,
): Promise<{ result: T; passed: number }> {
	const putBack = install();
	try {
		const started = Date.now();
		let isOver = false;
		const working = work().finally(() => {
			isOver = true;
		});
		// Awaited below, when it is over.
		working.catch(() => undefined);
		for (;;) {
			await quiet();
			if (isOver) return { result: await working, passed: Date.now() - started };
			if (installed !== putBack) throw new Error('The test is over, and the work is not');
			jest.advanceTimersToNextTimer();
		}
	} finally {
		putBack();
	}
}

/** Takes away the clock that is installed now. */
let installed: (() => void) | undefined;

// A test that jest gives up must not move the clock of the next.
afterEach(() => installed?.());

/** @returns what takes the clock away again */
function install(): () => void {
	jest.useFakeTimers({ doNotFake: [...REAL] });
	const { timeout } = AbortSignal;
	// Node's own is a timer inside Node.
	AbortSignal.timeout = (milliseconds) => {
		const controller = new AbortController();
		const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
		setTimeout(() => controller.abort(reason), milliseconds);
		return controller.signal;
	};
	const putBack = () => {
		if (installed !== putBack) return;
		installed = undefined;
		AbortSignal.timeout = timeout;
		jest.useRealTimers();
	};
	installed = putBack;
	return putBack;
}

/** Waits until all that is under way has come as far as it gets without the clock. */
async function quiet(): Promise<void> {
	for (;;) {
		const before = events();
		await realSleep(QUIET);
		// Node looks for input after its timers: what came meanwhile is not counted yet.
		for (let turn = 0; turn < 3; turn++) await nextTurn();
		const { queue, process } = sharp.counters();
		if (events() === before && queue + process === 0) return;
	}
}

/** How often something came from outside of JavaScript: from sockets, files, other threads. */
function events(): number {
	return performance.nodeTiming.uvMetricsInfo.events;
}
