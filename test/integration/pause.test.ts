import type { IDataObject } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import type { Execution } from '../shared/execution';
import { post } from '../shared/requests';
import { GOING_ON } from '../shared/workflows';
import { onMovedClock } from './clock';
import type { NodeSetup } from './engine';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

let n8n: WaitingN8n;

beforeEach(async () => {
	n8n = await WaitingN8n.start();
});

afterEach(() => n8n.close());

/** Runs "Items → DeepMode → After" until it is paused or has ended. */
const run = async (ids: string[], setup?: NodeSetup) =>
	await n8n.run(
		deepMode.credentials,
		ids.map((id, row) => ({ id, row })),
		setup,
	);

const rows = (execution: Execution) =>
	execution.items('After').map(({ json }) => [json.row, json.id, json.upscaled]);

const expected = (ids: string[]) => ids.map((id, row) => [row, id, true]);

const loseCallbacks = () => deepMode.fault('*', { on: 'callback', lost: true, times: Infinity });

/** Claims, looks and files take moments, which pass on the clock, too. */
function expectAbout(passed: number, expected: number): void {
	expect(passed).toBeGreaterThanOrEqual(expected);
	expect(passed).toBeLessThan(expected + 1000);
}

it('goes on with all images, in order and each with what its item came with', async () => {
	const ids = deepMode.addImageIds(5);
	deepMode.workMs = (id) => (10 - ids.indexOf(id)) * MINUTE;

	const { result, passed } = await onMovedClock(async () => await (await run(ids)).ended());

	expect(result.status).toBe('success');
	expect(rows(result)).toEqual(expected(ids));
	expect(result.data.resultData.runData.After).toHaveLength(1);
	expect(deepMode.spent).toBe(15);
	expectAbout(passed, 10 * MINUTE);
});

it('stays paused while one image is unfinished', async () => {
	const ids = deepMode.addImageIds(3);
	deepMode.workMs = (id) => (id === ids[1] ? 3 * HOUR : MINUTE);

	const { result, passed } = await onMovedClock(async () => {
		const execution = await run(ids, { parameters: { options: { maxWait: 600 } } });
		await sleep(2 * MINUTE);
		const answer = await post(deepMode.callbackOf(String(ids[0])));
		return { answer, then: execution.now(), end: await execution.ended() };
	});

	expect(deepMode.callbacks.map(({ status }) => status)).toEqual([200, 200, 200]);
	expect([result.answer.status, result.answer.data]).toEqual([200, { received: true }]);
	expect(result.then.status).toBe('waiting');
	expect(result.then.data.resultData.runData.After).toBeUndefined();
	expect(rows(result.end)).toEqual(expected(ids));
	expectAbout(passed, 3 * HOUR);
});

describe('a forged call', () => {
	const forgeries: Array<[string, (url: URL, id: string) => unknown, number]> = [
		['that says the image is done', (_, id) => ({ id, upscaled: true, image_url: 'x' }), 200],
		[
			'that says the image has failed, without a ticket,',
			(url) => {
				url.searchParams.delete('dm_signature');
				return { error: 'too dark' };
			},
			200,
		],
		['of another image', () => ({ id: 'another', upscaled: true }), 200],
		['of a list', () => [1, null, { id: 'x' }], 200],
		['of no JSON', () => Buffer.from('{'), 422],
		['without a token', (url) => url.searchParams.delete('signature'), 401],
		['with another token', (url) => url.searchParams.set('signature', '0'.repeat(64)), 401],
		['to another node', (url) => (url.pathname += 'x'), 404],
		['to another execution', (url) => (url.pathname = '/webhook-waiting/1/2'), 404],
	];

	it.each(forgeries)('%s changes nothing', async (_, forge, status) => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = 2 * MINUTE;

		const { result } = await onMovedClock(async () => {
			const execution = await run([id]);
			const before = JSON.stringify(execution.load());
			const url = new URL(deepMode.callbackOf(id));
			const body = forge(url, id) as IDataObject | undefined;
			const answer = await post(url.href, body, { 'content-type': 'application/json' });
			const after = JSON.stringify(execution.load());
			return { answer, before, after, then: execution.now(), end: await execution.ended() };
		});

		expect(result.answer.status).toBe(status);
		expect(result.then.status).toBe('waiting');
		expect(result.after).toBe(result.before);
		expect(rows(result.end)).toEqual([[0, id, true]]);
		expect(result.end.items('DeepMode')[0]?.json.image_url).toContain(deepMode.filesUrl);
	});
});

describe('an image that cannot be submitted', () => {
	const oneOfFour = () => {
		const ids = deepMode.addImageIds(4);
		ids[2] = 'no-such-image';
		deepMode.workMs = MINUTE;
		return ids;
	};

	it('comes out as an error item in its place, with "continue on error"', async () => {
		const ids = oneOfFour();

		const { result } = await onMovedClock(
			async () => await (await run(ids, { settings: GOING_ON })).ended(),
		);

		const error = {
			error: 'DeepMode does not know image "no-such-image"',
			message: expect.stringContaining('Check the ID'),
		};
		expect(result.items('DeepMode').map(({ json }) => json)).toEqual(
			ids.map((id) => (id === 'no-such-image' ? error : expect.objectContaining({ id }))),
		);
		expect(rows(result).map(([row]) => row)).toEqual([0, 1, 2, 3]);
		expect(deepMode.spent).toBe(9);
	});

	it('comes out of the error output, with its input, when that is chosen', async () => {
		const ids = oneOfFour();

		const { result } = await onMovedClock(
			async () => await (await run(ids, { settings: { onError: 'continueErrorOutput' } })).ended(),
		);

		expect(rows(result).map(([row]) => row)).toEqual([0, 1, 3]);
		expect(result.items('DeepMode', 1).map(({ json }) => [json.row, json.error])).toEqual([
			[2, expect.stringContaining('no-such-image')],
		]);
	});

	it('ends the run otherwise, which is not paused then', async () => {
		const execution = await run(oneOfFour());

		expect(execution.now().status).toBe('error');
		expect(execution.now().error?.message).toContain('no-such-image');
	});
});

it('1,000 images, of which few are called back: one resume, each paid once', async () => {
	const ids = deepMode.addImageIds(1000);
	deepMode.workMs = (id) => (1 + Math.floor(ids.indexOf(id) / 100)) * MINUTE;
	for (const [row, id] of ids.entries()) {
		if (row % 100 !== 99) deepMode.fault(id, { on: 'callback', lost: true });
	}
	const setup = { parameters: { options: { maxConcurrency: 100 } } };

	const { result, passed } = await onMovedClock(async () => await (await run(ids, setup)).ended());

	expect(rows(result)).toEqual(expected(ids));
	expect(result.data.resultData.runData.After).toHaveLength(1);
	expect(deepMode.spent).toBe(3000);
	expect(deepMode.callbacks).toHaveLength(10);
	expectAbout(passed, 10 * MINUTE);
}, 180_000);

it('what another execution had claimed, and did not submit, is submitted before the pause', async () => {
	const ids = deepMode.addImageIds(3);
	deepMode.workMs = MINUTE;
	ids.forEach((id) => deepMode.fault(id, { on: 'retrieve', delayMs: 2 * SECOND }));
	const parameters = { mode: 'sync', options: { maxCredits: 1 } };

	const { result, passed } = await onMovedClock(async () => {
		const first = run(ids, { parameters, settings: GOING_ON });
		await sleep(SECOND);
		const [execution] = await Promise.all([run(ids), first]);
		return await execution.ended();
	});

	expect(rows(result)).toEqual(expected(ids));
	expect(passed).toBeLessThan(2 * MINUTE);
	expect(deepMode.spent).toBe(9);
});

it('when all callbacks are lost it goes on at the limit, and says what is not known', async () => {
	const ids = [...deepMode.addImageIds(1, { upscaled: true }), ...deepMode.addImageIds(1)];
	deepMode.workMs = HOUR;
	loseCallbacks();

	const { result, passed } = await onMovedClock(async () => {
		const execution = await run(ids, { parameters: { options: { maxWait: 5 } } });
		return { stored: execution.storedInput(), end: await execution.ended() };
	});

	expect(result.end.status).toBe('success');
	expect(result.end.items('DeepMode')[1]?.json).toEqual(result.stored[1]?.json);
	expect(result.end.items('After').map(({ json }) => [json.row, json.id, json.timed_out])).toEqual([
		[0, ids[0], undefined],
		[1, ids[1], true],
	]);
	expectAbout(passed, 5 * MINUTE);
});

it('goes on though DeepMode has called back before n8n had stored it', async () => {
	const [id] = deepMode.addImageIds(1) as [string];
	deepMode.workMs = SECOND;
	// The last look before pausing sees the image unfinished, and tells it late.
	deepMode.fault(id, { on: 'retrieve', delayMs: 0 });
	deepMode.fault(id, { on: 'retrieve', delayMs: 3 * SECOND });

	const { result, passed } = await onMovedClock(async () => await (await run([id])).ended());

	expect(deepMode.callbacks.map(({ status }) => status)).toEqual([409]);
	expect(rows(result)).toEqual([[0, id, true]]);
	expect(passed).toBeLessThan(MINUTE);
});

describe('a call that comes at the wrong time', () => {
	const paused = async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = MINUTE;
		loseCallbacks();
		const account = deepMode.credentials;
		const execution = await n8n.run(account, [{ id, row: 0 }], { workflowId: id });
		return {
			id,
			account,
			execution,
			call: async () => (await post(deepMode.callbackOf(id))).status,
		};
	};

	const late: Array<[string, number, (then: Awaited<ReturnType<typeof paused>>) => unknown]> = [
		['after it has ended', 409, async ({ call, execution }) => [call(), await execution.ended()]],
		['after it was stopped', 409, ({ execution }) => execution.stop()],
		['after it was removed', 404, ({ execution }) => n8n.remove(execution)],
	];

	it.each(late)('%s gets %i', async (_, status, end) => {
		const { result } = await onMovedClock(async () => {
			const then = await paused();
			await deepMode.settled();
			await end(then);
			return await then.call();
		});

		expect(result).toBe(status);
	});

	it('while the credential cannot be used changes nothing; the node rings later, and tells it', async () => {
		const { result } = await onMovedClock(async () => {
			const { id, account, execution, call } = await paused();
			const { apiKey } = account;
			await deepMode.settled();
			account.apiKey = 'two words';
			const status = await call();
			for (let again = 0; again < 20; again++) await call();
			account.apiKey = apiKey;
			return { id, status, end: await execution.ended() };
		});

		expect(result.status).toBe(200);
		expect(n8n.log.filter((line) => line.includes('no usable API key'))).toHaveLength(1);
		expect(rows(result.end)).toEqual([[0, result.id, true]]);
	});

	it('while n8n has lost its database gets 500; the node rings later', async () => {
		const { result } = await onMovedClock(async () => {
			const { id, execution, call } = await paused();
			await deepMode.settled();
			deepMode.fault(id, { on: 'retrieve', delayMs: SECOND });
			const answer = call();
			await sleep(SECOND / 2);
			n8n.isDatabaseDown = true;
			const status = await answer;
			n8n.isDatabaseDown = false;
			return { id, status, end: await execution.ended() };
		});

		expect(result.status).toBe(500);
		expect(rows(result.end)).toEqual([[0, result.id, true]]);
	});
});
