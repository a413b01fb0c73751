import { Writable } from 'node:stream';

import { once } from '../../nodes/DeepModeTrigger/repeats';
import { useFakeClock } from './fakeClock';

useFakeClock();

/** n8n's answer to a call, without a socket: it has a status, and is a stream as any other. */
class Answer extends Writable {
	statusCode = 200;

	constructor() {
		// The connection outlives the answer.
		super({ autoDestroy: false });
	}

	answer(statusCode: number): void {
		this.statusCode = statusCode;
		this.end();
	}

	/** The caller goes away. */
	leave(): void {
		this.destroy();
	}
}

let key: string;
let keys = 0;

beforeEach(() => {
	keys += 1;
	key = `callback ${keys}`;
});

/** A call with the test's key. */
function call({ answer = new Answer(), isFinal = true, name = key } = {}) {
	const run = jest.fn(async () => ({ result: 'ran', isFinal }));
	const result = once(name, answer as never, run);
	return { answer, result };
}

/** Lets happen what is due. */
const settle = async () => await jest.advanceTimersByTimeAsync(0);
/** What comes of one more call that is answered as soon as it has run. */
async function callOnce(name = key) {
	const next = call({ name });
	next.answer.answer(200);
	return await next.result;
}

const RAN = { result: 'ran' };

describe('a key', () => {
	it.each([201, 299])('is taken by an answer of %i', async (status) => {
		const first = call();
		expect(await first.result).toEqual(RAN);
		first.answer.answer(status);
		await settle();

		expect(await callOnce()).toBe('repeat');
	});

	it.each([199, 300])('is free after an answer of %i', async (status) => {
		const first = call();
		first.answer.answer(status);
		await settle();

		expect(await callOnce()).toEqual(RAN);
	});

	it('is free after what is not final, but who came meanwhile is a repeat', async () => {
		const first = call({ isFinal: false });
		const meanwhile = call();
		first.answer.answer(200);
		await settle();

		expect(await meanwhile.result).toBe('repeat');
		expect(await callOnce()).toEqual(RAN);
	});

	it('is free when the run throws, for one of those who waited', async () => {
		const failing = once(key, new Answer() as never, async () => {
			throw new Error('no credential');
		});
		const waiting = [callOnce(), callOnce()];

		await expect(failing).rejects.toThrow('no credential');
		await settle();
		expect(await Promise.all(waiting)).toEqual([RAN, 'repeat']);
	});
});

describe('when the caller has gone before the answer', () => {
	it('and before it was looked at, the key is open for as long as n8n is at it', async () => {
		const answer = new Answer();
		answer.leave();
		await settle();
		await call({ answer }).result;

		for (let hours = 0; hours < 2; hours += 1) {
			expect(await callOnce()).toBe('open');
			await jest.advanceTimersByTimeAsync(3_600_000);
		}
	});

	it.each([
		[200, 'repeat'],
		[500, RAN],
	])('and n8n is done with %i, the next learns so within a second', async (status, result) => {
		const first = call();
		first.answer.leave();
		await jest.advanceTimersByTimeAsync(1);
		first.answer.answer(status);
		await jest.advanceTimersByTimeAsync(1000);

		expect(await callOnce()).toEqual(result);
		expect(jest.getTimerCount()).toBe(0);
	});
});

describe('more keys than are kept', () => {
	const LIMIT = 10_000;
	const fill = async (count: number) => {
		const fillers = Array.from({ length: count }, (_, index) => `${key}, filler ${index}`);
		await Promise.all(fillers.map(callOnce));
	};

	it('push out the oldest', async () => {
		await callOnce();
		await callOnce(`${key}, the next`);
		await fill(LIMIT - 1);
		await settle();

		expect(await callOnce(`${key}, the next`)).toBe('repeat');
		expect(await callOnce()).toEqual(RAN);
	});

	it('push out one whose caller has gone, for good', async () => {
		const first = call();
		first.answer.leave();
		await settle();
		await fill(LIMIT);
		first.answer.answer(200);
		await jest.advanceTimersByTimeAsync(1000);

		expect(await callOnce()).toEqual(RAN);
	});
});
