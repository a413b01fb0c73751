import type { Outcome } from '../../nodes/shared/api/outcome';
import type { Request } from '../../nodes/shared/api/sender';
import { Sender } from '../../nodes/shared/api/sender';
import { onMovedClock, startStopwatch, useFakeClock } from './fakeClock';

useFakeClock();

const TAKEN: Outcome = { is: 'acknowledged', body: {} };
const BUSY: Outcome = { is: 'busy', status: 429, words: 'slow down', retryAfter: 5000 };
/** Nobody was there; it may mend itself. */
const NOBODY: Outcome = { is: 'unreachable', seen: 'ECONNREFUSED', isFinal: false, cure: 'Wait' };
const NO_SUCH_HOST: Outcome = { is: 'unreachable', seen: 'ENOTFOUND', isFinal: true, cure: 'DNS' };
/** Somebody else answered. */
const PAGE: Outcome = { is: 'unknown', seen: 'a page', isBrief: true };
/** It may still be in work. */
const CUT: Outcome = { is: 'unknown', seen: 'socket hang up', isBrief: false };

let account: string;
let accounts = 0;
let second: () => number;

beforeEach(() => {
	accounts += 1;
	account = `account ${accounts}`;
	second = startStopwatch();
});

/** When the test's clock shows so many seconds, in milliseconds since 1970. */
const at = (seconds: number) => Date.now() + (seconds - second()) * 1000;
const isThere = async (seconds: number) =>
	await jest.advanceTimersByTimeAsync(at(seconds) - Date.now());

/**
 * A request, and in which seconds it was sent.
 *
 * @param answer what comes back for it at a second
 */
function requestThat(answer: (second: number) => Outcome, more: Partial<Request> = {}) {
	const sent: number[] = [];
	const timeouts: number[] = [];
	const request: Request = {
		send: async (timeout) => {
			sent.push(second());
			timeouts.push(timeout);
			return { reason: 'judged below' };
		},
		judge: () => answer(second()),
		...more,
	};
	return { request, sent, timeouts };
}

describe('a connection that is never made', () => {
	it('is tried for a minute, with pauses that grow to 15 seconds', async () => {
		const { request, sent } = requestThat(() => NOBODY);

		await onMovedClock(new Sender(account, false).send(request, Infinity));

		expect(sent).toEqual([0, 1, 3, 7, 15, 30, 45, 60]);
	});

	it('is tried three times if it cannot mend itself', async () => {
		const { request, sent } = requestThat(() => NO_SUCH_HOST);

		const outcome = await onMovedClock(new Sender(account, false).send(request, Infinity));

		expect(outcome).toEqual(NO_SUCH_HOST);
		expect(sent).toEqual([0, 1, 3]);
	});

	it('is tried until it is made, and then no more', async () => {
		const { request, sent } = requestThat((now) => (now < 7 ? NOBODY : CUT));

		const outcome = await onMovedClock(new Sender(account, false).send(request, Infinity));

		expect(outcome).toEqual(CUT);
		expect(sent).toEqual([0, 1, 3, 7]);
	});

	it('is tried no longer than there is time, and stays what was seen', async () => {
		const { request, sent } = requestThat(() => NOBODY);
		let end = 0;

		const sending = new Sender(account, false).send(request, at(10));
		void sending.then(() => (end = second()));

		expect(await onMovedClock(sending)).toEqual(NOBODY);
		expect(sent).toEqual([0, 1, 3, 7]);
		expect(end).toBe(10);
	});

	it('is not tried again after Stop, which ends the pause', async () => {
		const { request, sent } = requestThat(() => NOBODY);
		const stop = new AbortController();

		const sending = new Sender(account, false, stop.signal).send(request, Infinity);
		await isThere(4);
		stop.abort();

		expect(await sending).toEqual(NOBODY);
		expect(sent).toEqual([0, 1, 3]);
	});
});

describe('away', () => {
	it('is final for all requests, each of which is tried once then', async () => {
		const sender = new Sender(account, false);
		const first = requestThat(() => NOBODY);
		const next = requestThat(() => NOBODY);

		const outcome = await onMovedClock(sender.send(first.request, Infinity));
		const later = await onMovedClock(sender.send(next.request, Infinity));

		expect([outcome, later]).toEqual([
			{ ...NOBODY, isFinal: true },
			{ ...NOBODY, isFinal: true },
		]);
		expect(next.sent).toHaveLength(1);
	});

	it('is only who was found by no request for a minute', async () => {
		const sender = new Sender(account, false);
		const lost = requestThat(() => NOBODY);
		const found = requestThat(() => TAKEN);

		const sending = sender.send(lost.request, Infinity);
		await isThere(31);
		await sender.send(found.request, Infinity);

		expect(await onMovedClock(sending)).toEqual(NOBODY);
	});

	it('is not who may be at work', async () => {
		const sender = new Sender(account, false);
		const lost = requestThat(() => NOBODY);
		const cut = requestThat(() => CUT);

		await sender.send(cut.request, Infinity);
		await isThere(59);
		const sending = sender.send(lost.request, at(100));
		await isThere(62);

		expect(lost.sent).toEqual([59, 60, 62]);
		await onMovedClock(sending);
	});
});

describe('a read', () => {
	it('is sent again until it is answered, with pauses that grow', async () => {
		const { request, sent } = requestThat((now) => (now < 7 ? CUT : TAKEN));

		const outcome = await onMovedClock(new Sender(account, false).read(request, Infinity));

		expect(outcome).toEqual(TAKEN);
		expect(sent).toEqual([0, 0.5, 1.5, 3.5, 7.5]);
	});

	it('is not waited for when there is no time for another', async () => {
		const { request, sent } = requestThat(() => CUT);

		const reading = new Sender(account, false).read(request, at(7.5));
		await isThere(3.5);

		expect(await reading).toEqual(CUT);
		expect(second()).toBe(3.5);
		expect(sent).toEqual([0, 0.5, 1.5, 3.5]);
	});

	it('that only strangers answer finds nobody after a minute', async () => {
		const { request, sent } = requestThat(() => PAGE);

		const outcome = await onMovedClock(new Sender(account, false).read(request, Infinity));

		expect(outcome).toMatchObject({ is: 'unreachable', isFinal: true });
		expect(outcome).toHaveProperty('seen', expect.stringContaining(PAGE.seen));
		expect(sent.at(-1)).toBe(60.5);
	});

	it('is not sent again when its answer is not wanted any more after the pause', async () => {
		const { request, sent } = requestThat(() => CUT);

		await onMovedClock(new Sender(account, false).read(request, Infinity, () => second() < 3));

		expect(sent).toEqual([0, 0.5, 1.5]);
	});

	it('is given up without a pause when its answer is not wanted any more', async () => {
		const { request, sent } = requestThat(() => CUT);

		const reading = new Sender(account, false).read(request, Infinity, () => sent.length < 2);
		await isThere(0.5);

		expect(await reading).toEqual(CUT);
		expect(second()).toBe(0.5);
	});
});

describe('busy', () => {
	it('holds up all senders of the account, and no others', async () => {
		const busy = requestThat((now) => (now < 5 ? BUSY : TAKEN));
		const same = requestThat(() => TAKEN);
		const other = requestThat(() => TAKEN);

		const sending = new Sender(account, false).send(busy.request, Infinity);
		await isThere(1);
		const held = new Sender(account, false).send(same.request, Infinity);
		await new Sender(`another than ${account}`, false).send(other.request, Infinity);
		await onMovedClock(Promise.all([sending, held]));

		expect(busy.sent[0]).toBe(0);
		expect(other.sent).toEqual([1]);
		expect(Math.min(...same.sent, ...busy.sent.slice(1))).toBe(5);
	});

	it('holds up the account when nobody waits any more, and another is used meanwhile', async () => {
		const busy = requestThat(() => BUSY);
		const next = requestThat(() => TAKEN);

		await onMovedClock(new Sender(account, false).send(busy.request, at(3)));
		await new Sender(`another than ${account}`, false).send(next.request, Infinity);
		await onMovedClock(new Sender(account, false).send(next.request, Infinity));

		expect(busy.sent).toEqual([0]);
		expect(next.sent[1]).toBe(5);
	});

	it('is what whoever comes later is told, where the pause is longer than there is time', async () => {
		const busy = requestThat(() => BUSY);
		const next = requestThat(() => TAKEN);

		await onMovedClock(new Sender(account, false).send(busy.request, at(3)));

		expect(await new Sender(account, false).send(next.request, at(4.9))).toMatchObject({
			is: 'busy',
		});
		expect(next.sent).toEqual([]);
	});

	it('holds up who has sent before, though another account was used meanwhile', async () => {
		const early = requestThat(() => TAKEN);
		const busy = requestThat((now) => (now < 5 ? BUSY : TAKEN));
		const sender = new Sender(account, false);

		await sender.send(early.request, Infinity);
		await new Sender(`another than ${account}`, false).send(early.request, Infinity);
		const sending = new Sender(account, false).send(busy.request, Infinity);
		await isThere(1);
		await onMovedClock(Promise.all([sending, sender.send(early.request, Infinity)]));

		expect(early.sent.at(-1)).toBeGreaterThanOrEqual(5);
	});

	it.each<[string, (second: number) => Outcome, Partial<Request>]>([
		['may not be sent any more', () => BUSY, { maySend: () => second() < 3 }],
		['has too little time left', () => BUSY, { leastTime: 16_000 }],
		['finds nobody', (now) => (now < 5 ? BUSY : NO_SUCH_HOST), {}],
	])('who goes first and %s gives the place to the next', async (_, answer, more) => {
		const first = requestThat(answer, more);
		const next = requestThat(() => TAKEN);

		const sending = new Sender(account, false).send(first.request, at(20));
		await isThere(1);
		const waiting = new Sender(account, false).send(next.request, Infinity);
		await onMovedClock(Promise.all([sending, waiting]));

		expect(next.sent).toEqual([5]);
	});
});

describe('what is not sent', () => {
	it.each([
		['less than 200 ms', {}, 0.199, 0.2],
		['less than it needs', { leastTime: 10_000 }, 9.999, 10],
	])('is a request with %s left', async (_, more, tooShort, enough) => {
		const { request, timeouts } = requestThat(() => TAKEN, more);
		const sender = new Sender(account, false);

		expect(await sender.send(request, at(tooShort))).toBeUndefined();
		expect(await sender.send(request, at(enough))).toEqual(TAKEN);
		expect(timeouts).toEqual([enough * 1000]);
	});

	it('is a request that may not be sent any more when its turn comes: busy is what was seen', async () => {
		const { request, sent } = requestThat(() => BUSY, { maySend: () => second() < 3 });

		const outcome = await onMovedClock(new Sender(account, false).send(request, Infinity));

		expect(outcome).toEqual(BUSY);
		expect(sent).toEqual([0]);
	});
});
