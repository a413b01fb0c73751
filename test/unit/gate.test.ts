import { Gate, gateOf } from '../../nodes/shared/api/gate';
import { onMovedClock, useFakeClock } from './fakeClock';

/** What a server takes; the answer to a request at a time, in milliseconds. */
type Limit = (now: number) => boolean;

interface Served {
	/** When requests were taken, in milliseconds since the start. */
	times: number[];
	sent: number;
	refused: number;
	seconds: number;
}

/** So many requests in any stretch of ten seconds, or of another length in milliseconds. */
function atMost(count: () => number, stretch = 10_000): Limit {
	const taken: number[] = [];
	return (now) => {
		while ((taken[0] ?? now) <= now - stretch) taken.shift();
		if (taken.length >= count()) return false;
		taken.push(now);
		return true;
	};
}

/** Images of two requests each, a look and an upscale that is silent until it is done. */
async function upscaleAll(
	gate: Gate,
	limit: Limit,
	{ images, lanes, workMs }: { images: number; lanes: number; workMs: number },
): Promise<Served> {
	const started = Date.now();
	const served: Served = { times: [], sent: 0, refused: 0, seconds: 0 };
	let left = images;
	const request = async (ms: number) => {
		for (;;) {
			const pass = await gate.pass(Infinity);
			served.sent += 1;
			await after(20);
			if (limit(Date.now())) {
				served.times.push(Date.now() - started);
				await after(ms);
				return pass?.taken();
			}
			served.refused += 1;
			pass?.refused();
		}
	};
	const lane = async () => {
		while (left > 0) {
			left -= 1;
			await request(20);
			await request(workMs);
		}
	};
	await Promise.all(Array.from({ length: lanes }, lane));
	served.seconds = (Date.now() - started) / 1000;
	return served;
}

const after = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

useFakeClock();

describe('10 requests in 10 seconds, and 200 images of two requests each', () => {
	const ideal = 400;

	it.each([10, 50])('%i lanes: at most 1.15 of the ideal, a tenth refused', async (lanes) => {
		const limit = atMost(() => 10);
		const work = { images: 200, lanes, workMs: 20 };
		const { seconds, refused, sent } = await onMovedClock(upscaleAll(new Gate(), limit, work));

		expect(seconds).toBeLessThan(1.15 * ideal);
		expect(refused / sent).toBeLessThanOrEqual(0.1);
	});

	it.each([10, 50])('two executions of %i lanes: the same', async (lanes) => {
		const gate = new Gate();
		const limit = atMost(() => 10);
		const half = { images: 100, lanes, workMs: 20 };
		const both = await onMovedClock(
			Promise.all([upscaleAll(gate, limit, half), upscaleAll(gate, limit, half)]),
		);

		const sum = (key: 'sent' | 'refused') => both.reduce((total, run) => total + run[key], 0);
		expect(Math.max(...both.map(({ seconds }) => seconds))).toBeLessThan(1.15 * ideal);
		expect(sum('refused') / sum('sent')).toBeLessThanOrEqual(0.1);
	});

	it('work of 25 s an image, 50 lanes: at most 1.15 of the ideal', async () => {
		const limit = atMost(() => 10);
		const work = { images: 200, lanes: 50, workMs: 25_000 };
		const { seconds, refused, sent } = await onMovedClock(upscaleAll(new Gate(), limit, work));

		expect(seconds).toBeLessThan(1.15 * (ideal + 25));
		expect(refused / sent).toBeLessThanOrEqual(0.1);
	});
});

it.each([
	{ most: 10, stretch: 1000, images: 200, lanes: 10, ideal: 39 },
	{ most: 10, stretch: 1000, images: 200, lanes: 50, ideal: 39 },
	{ most: 60, stretch: 60_000, images: 600, lanes: 10, ideal: 1140 },
	// What their pace takes.
	{ most: 1000, stretch: 60_000, images: 2000, lanes: 50, ideal: 240 },
])(
	'$most requests in $stretch ms, $lanes lanes: at most 1.15 of the ideal',
	async ({ most, stretch, images, lanes, ideal }) => {
		const limit = atMost(() => most, stretch);
		const work = { images, lanes, workMs: 20 };
		const { seconds, refused, sent } = await onMovedClock(upscaleAll(new Gate(), limit, work));

		expect(seconds).toBeLessThan(1.15 * ideal);
		expect(refused / sent).toBeLessThanOrEqual(0.1);
	},
);

it('a batch an hour after another is as the first: at most a tenth refused', async () => {
	const gate = new Gate();
	const limit = atMost(() => 10);
	const work = { images: 200, lanes: 50, workMs: 20 };
	const first = await onMovedClock(upscaleAll(gate, limit, work));
	await jest.advanceTimersByTimeAsync(60 * 60_000);
	const second = await onMovedClock(upscaleAll(gate, limit, work));

	expect(second.refused / second.sent).toBeLessThanOrEqual(0.1);
	expect(second.seconds).toBeLessThan(1.1 * first.seconds);
});

it('a limit that comes after an hour without one costs one burst of refusals, and not two', async () => {
	const gate = new Gate();
	for (let count = 0; count < 60; count += 1) {
		(await gate.pass(Infinity))?.taken();
		await jest.advanceTimersByTimeAsync(60_000);
	}
	const work = { images: 200, lanes: 50, workMs: 20 };
	const { refused } = await onMovedClock(
		upscaleAll(
			gate,
			atMost(() => 10),
			work,
		),
	);

	expect(refused).toBeLessThan(80);
});

it.each([9, 24 * 60])(
	'a batch of 2,000 requests %i minutes after one that was refused to its end is not slowed for as long',
	async (minutes) => {
		const gate = new Gate();
		for (let tries = 0; tries < 3; tries += 1) {
			const pass = gate.pass(Infinity);
			(await onMovedClock(pass))?.refused();
		}
		await jest.advanceTimersByTimeAsync(minutes * 60_000);
		const work = { images: 1000, lanes: 10, workMs: 20 };
		const { seconds } = await onMovedClock(upscaleAll(gate, () => true, work));

		expect(seconds).toBeLessThan(90);
	},
);

it.each([
	[10, 20],
	[20, 10],
	[10, 5],
])('a limit of %i in ten seconds that becomes %i is followed within a minute', async (from, to) => {
	let count = from;
	const change = 200_000;
	setTimeout(() => (count = to), change);
	const work = { images: 400, lanes: 30, workMs: 20 };
	const limit = atMost(() => count);
	const { times } = await onMovedClock(upscaleAll(new Gate(), limit, work));

	const inMinute = times.filter((at) => at >= change + 60_000 && at < change + 120_000).length;
	expect(inMinute / 60).toBeGreaterThanOrEqual(0.8 * (to / 10));
});

it('nobody sends before the time that DeepMode asks for; then one goes first', async () => {
	const gate = new Gate();
	const first = await gate.pass(Infinity);
	first?.refused(30_000);
	const passed: number[] = [];
	const start = Date.now();
	const waiting = [1, 2, 3].map(async () => {
		const pass = await gate.pass(Infinity);
		passed.push(Date.now() - start);
		return pass;
	});

	await jest.advanceTimersByTimeAsync(29_999);
	expect(passed).toEqual([]);
	await jest.advanceTimersByTimeAsync(1);
	expect(passed).toEqual([30_000]);
	(await waiting[0])?.taken();
	await jest.advanceTimersByTimeAsync(120_000);
	expect(passed).toHaveLength(3);
});

it('requests that are sent together and refused are one knock at the gate', async () => {
	const gate = new Gate();
	const together = await Promise.all([gate.pass(Infinity), gate.pass(Infinity)]);
	for (const pass of together) pass?.refused();
	let passed = 0;
	void gate.pass(Infinity).then(() => (passed += 1));

	await jest.advanceTimersByTimeAsync(1500);
	expect(passed).toBe(1);
});

it('what is silent for two seconds counts as taken', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(1000);
	let passed = 0;
	void gate.pass(Infinity).then(() => (passed += 1));
	void gate.pass(Infinity).then(() => (passed += 1));

	await jest.advanceTimersByTimeAsync(1000);
	expect(passed).toBe(1);
	await jest.advanceTimersByTimeAsync(1999);
	expect(passed).toBe(1);
	await jest.advanceTimersByTimeAsync(60_000);
	expect(passed).toBe(2);
});

it('Stop of whoever would go first passes the place on', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(10_000);
	const stop = new AbortController();
	const stopped = gate.pass(Infinity, false, stop.signal);
	const next = gate.pass(Infinity);

	stop.abort();
	expect(await stopped).toBeUndefined();
	await jest.advanceTimersByTimeAsync(10_000);
	expect(await next).toBeDefined();
});

it('a place that is not used goes to the next', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(1000);
	const unused = gate.pass(Infinity);
	const next = gate.pass(Infinity);
	await jest.advanceTimersByTimeAsync(1000);

	(await unused)?.unused();
	await jest.advanceTimersByTimeAsync(0);
	expect(await next).toBeDefined();
});

it('a place that is not used goes to the next at once, where there is a pace, too', async () => {
	const gate = new Gate();
	const work = { images: 30, lanes: 10, workMs: 20 };
	await onMovedClock(
		upscaleAll(
			gate,
			atMost(() => 10),
			work,
		),
	);
	const started = Date.now();
	const unused = Array.from({ length: 50 }, async () => (await gate.pass(Infinity))?.unused());
	await onMovedClock(Promise.all(unused));

	expect(Date.now() - started).toBeLessThanOrEqual(2000);
});

it.each([1_767_225_600_000, Infinity])(
	'a pause of %p ms, which nobody can mean, is tried after an hour',
	async (pause) => {
		const gate = new Gate();
		(await gate.pass(Infinity))?.refused(pause);

		await jest.advanceTimersByTimeAsync(60 * 60_000 - 1000);
		expect(await gate.pass(Date.now() + 999)).toBeUndefined();
		await jest.advanceTimersByTimeAsync(1000);
		expect(await gate.pass(Date.now() + 1000)).toBeDefined();
	},
);

it('a pause of a day is kept', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(24 * 60 * 60_000);

	expect(await gate.pass(Date.now() + 24 * 60 * 60_000 - 1)).toBeUndefined();
});

it('a gate that is closed is not forgotten while another account sends', async () => {
	(await gateOf('closed').pass(Infinity))?.refused(60_000);
	(await gateOf('another').pass(Infinity))?.taken();

	expect(await gateOf('closed').pass(Date.now() + 30_000)).toBeUndefined();
});

it('says at once when the pause is longer than the time', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(60_000);

	expect(await gate.pass(Date.now() + 59_000)).toBeUndefined();
});

it.each([-60 * 60_000, -1000, 60 * 60_000])(
	'a clock that is set by %i ms keeps nobody waiting for longer: not before a closed gate, and not behind who is silent',
	async (ms) => {
		const gate = new Gate();
		(await gate.pass(Infinity))?.refused(3000);
		const passes = [1, 2].map(async () => await gate.pass(Infinity));
		const deadline = Date.now() + 3000;
		const tooLate = gate.pass(deadline);

		await jest.advanceTimersByTimeAsync(1000);
		jest.setSystemTime(Date.now() + ms);
		await jest.advanceTimersByTimeAsync(3000);
		expect(await passes[0]).toBeDefined();
		expect(await tooLate).toBeUndefined();
		jest.setSystemTime(Date.now() + ms);
		await jest.advanceTimersByTimeAsync(4000);
		expect(await passes[1]).toBeDefined();
	},
);

it('the urgent go before a batch', async () => {
	const gate = new Gate();
	(await gate.pass(Infinity))?.refused(1000);
	const order: string[] = [];
	const batch = gate.pass(Infinity).then((pass) => (order.push('batch'), pass));
	const urgent = gate.pass(Infinity, true).then((pass) => (order.push('urgent'), pass));

	await jest.advanceTimersByTimeAsync(1000);
	(await urgent)?.taken();
	await jest.advanceTimersByTimeAsync(60_000);
	(await batch)?.taken();
	expect(order).toEqual(['urgent', 'batch']);
});

it('the urgent keep no batch waiting, however many there are', async () => {
	const gate = new Gate();
	const order: string[] = [];
	(await gate.pass(Infinity))?.refused(1000);
	for (const place of ['1', '2', '3', '4', '5', '6', '7', '8']) {
		void gate.pass(Infinity, true).then((pass) => (order.push(place), pass?.taken()));
	}
	for (const place of ['a', 'b']) {
		void gate.pass(Infinity).then((pass) => (order.push(place), pass?.taken()));
	}

	await jest.advanceTimersByTimeAsync(60_000);
	expect(order.join('')).toBe('123a456b78');
});

it('holds nothing of a request that is over', async () => {
	const gate = new Gate();
	for (let count = 0; count < 1000; count += 1) (await gate.pass(Infinity))?.taken();

	expect(gate.isIdle).toBe(true);
	expect(jest.getTimerCount()).toBe(0);
});
