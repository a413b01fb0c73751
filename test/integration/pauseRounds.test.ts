import { request } from 'node:http';

import { ExecuteContext } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { signCallbackUrl } from '../../nodes/shared/callback/signature';
import type { Emulator, ImageRecord } from '../emulator';
import type { Execution } from '../shared/execution';
import { startHttpServer } from '../shared/httpServer';
import { post } from '../shared/requests';
import { GOING_ON } from '../shared/workflows';
import { TriggerUnderTest } from './callbacks';
import { onMovedClock } from './clock';
import type { NodeSetup } from './engine';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator), {
	onRequest: () => deepMode && countRequest?.(),
});
let countRequest: (() => void) | undefined;

let n8n: WaitingN8n;

beforeEach(async () => {
	n8n = await WaitingN8n.start();
});

afterEach(() => {
	countRequest = undefined;
	n8n.close();
});

/** Runs "Items → DeepMode → After" until it is paused or has ended. */
const run = async (ids: string[], setup?: NodeSetup) =>
	await n8n.run(
		deepMode.credentials,
		ids.map((id, row) => ({ id, row })),
		setup,
	);

const maxWait = (minutes: number, options: IDataObject = {}) => ({
	parameters: { options: { maxWait: minutes, ...options } },
});

const rows = (execution: Execution) =>
	execution.items('After').map(({ json }) => [json.row, json.id, json.upscaled]);

const expected = (ids: string[]) => ids.map((id, row) => [row, id, true]);

const loseCallbacks = () => deepMode.fault('*', { on: 'callback', lost: true, times: Infinity });

/** When images were looked at, in milliseconds since the first of these times. */
const looks = () => {
	const times = deepMode.requests
		.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/images/'))
		.map(({ at }) => at);
	return times.map((at) => at - (times[0] ?? 0));
};

describe('at the limit', () => {
	it('all that is known comes out: 99 images, and one that is not known to be finished', async () => {
		const ids = deepMode.addImageIds(100);
		deepMode.workMs = (id) => (id === ids[70] ? 3 * HOUR : MINUTE);

		const { result, passed } = await onMovedClock(
			async () => await (await run(ids, maxWait(5))).ended(),
		);

		expect(rows(result)).toEqual(ids.map((id, row) => [row, id, row !== 70]));
		expect(result.items('DeepMode')[70]?.json).toEqual({
			id: ids[70],
			upscaled: false,
			timed_out: true,
		});
		expect(passed).toBeGreaterThanOrEqual(5 * MINUTE);
		expect(passed).toBeLessThan(5 * MINUTE + 10 * SECOND);
	});

	it('whoever calls decides nothing: not before, and not with a later time in the call', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = HOUR;

		const { result } = await onMovedClock(async () => {
			const execution = await run([id], maxWait(10));
			const url = new URL(deepMode.callbackOf(id));
			url.searchParams.set('limit', '1');
			await post(url.href);
			await sleep(9 * MINUTE);
			const before = execution.now().status;
			return { before, end: await execution.ended() };
		});

		expect(result.before).toBe('waiting');
		expect(result.end.items('After')[0]?.json.timed_out).toBe(true);
	});

	it('what is known comes out within two minutes, if the API is away just then', async () => {
		const ids = deepMode.addImageIds(2);
		deepMode.workMs = (id) => (id === ids[0] ? MINUTE : HOUR);

		const { result, passed } = await onMovedClock(async () => {
			const execution = await run(ids, maxWait(5));
			await sleep(4 * MINUTE);
			deepMode.fault('*', { on: 'retrieve', status: 502, times: Infinity });
			return await execution.ended();
		});

		expect(result.items('DeepMode').map(({ json }) => json.id)).toEqual(ids);
		expect(passed).toBeLessThan(8 * MINUTE);
	});
});

it('n8n is restarted, and nobody calls: it goes on 15 minutes after Max Wait, with what was known before', async () => {
	const images = deepMode.addImages(3);
	const [first] = images as [ImageRecord];
	first.upscaled = true;
	deepMode.workMs = HOUR;
	const ids = images.map(({ id }) => id);

	const { result: execution } = await onMovedClock(async () => await run(ids, maxWait(5)));
	for (const image of images) image.upscaled = true;
	const { result, passed } = await onMovedClock(async () => {
		n8n.restart();
		return await execution.ended();
	});

	expect(result.status).toBe('success');
	expect(rows(result)).toEqual(ids.map((id, row) => [row, id, row === 0]));
	expect(result.items('After').map(({ json }) => json.timed_out)).toEqual([undefined, true, true]);
	expect(passed).toBeGreaterThan(19 * MINUTE);
	expect(passed).toBeLessThan(21 * MINUTE);
});

it('while it is paused others see that images are in work; n8n has stored the end', async () => {
	const [done, open] = [...deepMode.addImageIds(1, { upscaled: true }), ...deepMode.addImageIds(1)];
	deepMode.workMs = MINUTE;

	const { result } = await onMovedClock(async () => {
		const execution = await run([String(done), String(open)]);
		const now = execution.now().items('DeepMode');
		const stored = execution.storedInput();
		await execution.ended();
		return { now, stored };
	});

	expect(result.now.map(({ json }) => json)).toEqual([
		expect.objectContaining({ id: done, upscaled: true }),
		{ id: open, upscaled: false, in_work: true },
	]);
	expect(result.stored[1]?.json).toEqual({
		id: open,
		upscaled: false,
		timed_out: true,
	});
});

describe('an image that is gone', () => {
	it.each([403, 404, 410, 422])(
		'with status %i ends the pause, when seen twice',
		async (status) => {
			const ids = deepMode.addImageIds(10);
			const gone = ids[3] as string;
			deepMode.workMs = MINUTE;

			const { result, passed } = await onMovedClock(async () => {
				const execution = await run(ids);
				const body = { detail: 'No such image' };
				deepMode.fault(gone, { on: 'retrieve', status, body, times: Infinity });
				return await execution.ended();
			});

			expect(rows(result)).toEqual(ids.map((id, row) => [row, id, id !== gone]));
			expect(result.items('DeepMode')[3]?.json).toEqual({
				id: gone,
				upscaled: false,
				failed: true,
				message: `DeepMode does not show it any more (status ${status}): No such image`,
			});
			expect(passed).toBeGreaterThanOrEqual(MINUTE);
			expect(passed).toBeLessThan(2 * MINUTE);
		},
	);

	it('for a moment only is not believed to be', async () => {
		const ids = deepMode.addImageIds(2);
		deepMode.workMs = MINUTE;

		const { result } = await onMovedClock(async () => {
			const execution = await run(ids);
			deepMode.fault(String(ids[0]), { on: 'retrieve', status: 404 });
			return await execution.ended();
		});

		expect(rows(result)).toEqual(expected(ids));
	});
});

describe('DeepMode says that an image has failed', () => {
	const gaveUp = { message: 'Upscaling failed: too dark' };

	it.each([
		['as a failed item', {}, { upscaled: false, failed: true, message: gaveUp.message }],
		[
			'as an error item, with "continue on error"',
			GOING_ON,
			{
				error: expect.stringContaining(gaveUp.message),
				message: expect.any(String),
			},
		],
	])('it comes out %s, when the others have ended', async (_, settings, item) => {
		const ids = deepMode.addImageIds(3);
		const [dark] = ids as [string];
		deepMode.workMs = (id) => (id === dark ? MINUTE : 2 * MINUTE);
		deepMode.fault(dark, { on: 'work', gaveUp });

		const { result, passed } = await onMovedClock(
			async () => await (await run(ids, { settings })).ended(),
		);

		expect(result.items('DeepMode')[0]?.json).toMatchObject(item);
		expect(rows(result).slice(1)).toEqual(expected(ids).slice(1));
		expect(passed).toBeLessThan(2 * MINUTE + 10 * SECOND);
	});

	it('and that is not said of who submitted it again meanwhile: nobody pays a third time', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = HOUR;
		const submits = () => deepMode.requests.filter(({ method }) => method === 'POST');

		const { result } = await onMovedClock(async () => {
			const first = await run([id]);
			await sleep(MINUTE);
			await run([id], maxWait(60, { ifInWork: 'submitAgain' }));
			const { callback } = submits()[0]?.body as { callback: string };
			await post(callback, gaveUp);
			const end = await first.ended();
			await run([id]);
			return end;
		});

		expect(result.items('After')[0]?.json).toMatchObject({ id, failed: true });
		expect(submits()).toHaveLength(2);
	});

	it('it comes out so, too, if it was submitted in an earlier try of Retry On Fail', async () => {
		const [dark, refused] = deepMode.addImageIds(2) as [string, string];
		deepMode.workMs = MINUTE;
		deepMode.fault(dark, { on: 'work', gaveUp });
		deepMode.fault(refused, { status: 422 });
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };

		const { result, passed } = await onMovedClock(
			async () => await (await run([dark, refused], { settings })).ended(),
		);

		expect(result.items('DeepMode')[0]?.json).toMatchObject({ id: dark, failed: true });
		expect(rows(result)[1]).toEqual([1, refused, true]);
		expect(passed).toBeLessThan(2 * MINUTE);
		expect(deepMode.spent).toBe(6);
	});

	it('and is wrong: a look that shows it upscaled wins', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = MINUTE;
		deepMode.fault(id, { on: 'callback', callbackBody: gaveUp });

		const { result } = await onMovedClock(async () => await (await run([id])).ended());

		expect(rows(result)).toEqual([[0, id, true]]);
	});

	const ticketOf = (url: URL, fields: { imageId?: string; round?: string; event?: string }) => {
		const { round } = JSON.parse(
			Buffer.from(url.searchParams.get('dm_context') ?? '', 'base64url').toString(),
		) as { round: string };
		const imageId = url.searchParams.get('dm_image') ?? '';
		const bare = new URL(url);
		for (const name of [...url.searchParams.keys()]) {
			if (name.startsWith('dm_')) bare.searchParams.delete(name);
		}
		const ticket = {
			imageId,
			event: 'pause.upscaled',
			...fields,
			context: { round },
		};
		if (fields.round) ticket.context.round = fields.round;
		return new URL(signCallbackUrl(bare.href, ticket as never, deepMode.apiKey));
	};

	it('with a ticket made as ours are', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = HOUR;

		const { result } = await onMovedClock(async () => {
			const execution = await run([id]);
			await post(ticketOf(new URL(deepMode.callbackOf(id)), {}).href, gaveUp);
			return execution.now();
		});

		expect(result.items('After')[0]?.json).toMatchObject({ id, failed: true });
	});

	it('in a body that is larger than any of its own: nothing changes', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = 2 * MINUTE;

		const { result } = await onMovedClock(async () => {
			const execution = await run([id]);
			const body = { ...gaveUp, more: 'x'.repeat(1_000_000) };
			const { status } = await post(deepMode.callbackOf(id), body);
			const then = execution.now().status;
			return { status, then, end: await execution.ended() };
		});

		expect([result.status, result.then]).toEqual([200, 'waiting']);
		expect(rows(result.end)).toEqual([[0, id, true]]);
	});

	it.each<[string, (url: URL, other: string) => URL]>([
		[
			'without a ticket',
			(url) => {
				url.searchParams.delete('dm_signature');
				return url;
			},
		],
		[
			'with an altered ticket',
			(url) => {
				url.searchParams.set('dm_nonce', 'another');
				return url;
			},
		],
		['with a ticket of another image', (url, imageId) => ticketOf(url, { imageId })],
		['with a ticket of another round', (url) => ticketOf(url, { round: 'another' })],
		["with a ticket for the trigger's eyes", (url) => ticketOf(url, { event: 'image.upscaled' })],
		[
			'with the ticket of another execution',
			(url, _, second = new URL(deepMode.callbackOf('second'))) => {
				url.searchParams.forEach((_value, name) => {
					if (name.startsWith('dm_')) {
						url.searchParams.set(name, second.searchParams.get(name) ?? '');
					}
				});
				return url;
			},
		],
	])('%s: nothing changes', async (_, forge) => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.addImage({ id: 'second' });
		deepMode.workMs = 2 * MINUTE;

		const { result } = await onMovedClock(async () => {
			const execution = await run([id]);
			await run(['second']);
			const url = forge(new URL(deepMode.callbackOf(id)), 'second');
			const answer = await post(url.href, gaveUp);
			const then = execution.now().status;
			return { answer, then, end: await execution.ended() };
		});

		expect([result.answer.status, result.then]).toEqual([200, 'waiting']);
		expect(rows(result.end)).toEqual([[0, id, true]]);
	});
});

it('its ticket opens no trigger', async () => {
	const [id] = deepMode.addImageIds(1) as [string];
	deepMode.workMs = MINUTE;

	const { result } = await onMovedClock(async () => {
		const execution = await run([id]);
		const query = new URL(deepMode.callbackOf(id)).search.slice(1);
		const trigger = new TriggerUnderTest(deepMode.credentials);
		const received = await trigger.call(query, { id, upscaled: true });
		await execution.ended();
		return received;
	});

	expect(result).toMatchObject({ status: 401, items: undefined });
});

describe('without any callback', () => {
	it('it goes on within three minutes after work of 25 s', async () => {
		const ids = deepMode.addImageIds(10);
		deepMode.workMs = 25 * SECOND;
		loseCallbacks();

		const { result, passed } = await onMovedClock(
			async () => await (await run(ids, maxWait(6))).ended(),
		);

		expect(rows(result)).toEqual(expected(ids));
		expect(passed).toBeLessThan(3 * MINUTE);
	});

	it('the node rings with growing pauses, of five minutes at most, and looks once each', async () => {
		const ids = deepMode.addImageIds(10);
		deepMode.workMs = HOUR;
		loseCallbacks();

		const { result } = await onMovedClock(async () => {
			const execution = await run(ids, maxWait(120));
			await sleep(30 * MINUTE);
			const seen = looks();
			execution.stop();
			return seen;
		});

		// Ten before the submissions, one before parking, then one each.
		const rings = result.slice(10).map((at) => at / MINUTE);
		const pauses = rings.slice(1).map((at, index) => at - (rings[index] ?? 0));
		[1 / 60, 0.5, 1, 2, 4, 5, 5].forEach((longest, index) => {
			expect(pauses[index]).toBeGreaterThanOrEqual(longest * 0.8);
			expect(pauses[index]).toBeLessThanOrEqual(longest * 1.01);
		});
		expect(rings.length).toBeLessThan(14);
	});

	it('somebody else’s 404, as of a proxy while n8n restarts behind it, ends no ringing', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = 10 * MINUTE;
		loseCallbacks();
		const n8nItself = n8n.webhookUrl;
		let isAlone = false;
		const proxy = await startHttpServer((incoming, response) => {
			if (isAlone) return void response.writeHead(404).end('404 page not found');
			const { method, headers, url = '' } = incoming;
			const outgoing = request(n8nItself + url, { method, headers }, (answer) => {
				response.writeHead(answer.statusCode ?? 500, answer.headers);
				answer.pipe(response);
			});
			incoming.pipe(outgoing);
		});
		n8n.webhookUrl = proxy.url;

		const { result, passed } = await onMovedClock(async () => {
			const execution = await run([id], maxWait(60));
			await sleep(MINUTE);
			isAlone = true;
			await sleep(10 * MINUTE);
			isAlone = false;
			return await execution.ended();
		});
		proxy.close();

		expect(rows(result)).toEqual([[0, id, true]]);
		expect(passed).toBeLessThan(20 * MINUTE);
	});

	it('a callback that n8n answers with 500 costs half a minute', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.workMs = HOUR;

		const { result, passed } = await onMovedClock(async () => {
			const execution = await run([id], maxWait(600));
			await sleep(HOUR - MINUTE);
			deepMode.fault(id, { on: 'retrieve', delayMs: SECOND, times: Infinity });
			await sleep(MINUTE + SECOND / 2);
			n8n.isDatabaseDown = true;
			await deepMode.settled();
			n8n.isDatabaseDown = false;
			return await execution.ended();
		});

		expect(deepMode.callbacks.map(({ status }) => status)).toEqual([500]);
		expect(rows(result)).toEqual([[0, id, true]]);
		expect(passed).toBeLessThan(HOUR + MINUTE);
	});
});

it('a round of a loop that n8n does not go on with costs half a minute, like a first one', async () => {
	const ids = deepMode.addImageIds(3);
	const second = String(ids[1]);
	deepMode.workMs = 10 * SECOND;
	deepMode.fault(second, { on: 'retrieve', delayMs: SECOND, times: Infinity });

	const { result, passed } = await onMovedClock(async () => {
		const items = ids.map((id, row) => ({ id, row }));
		const execution = await n8n.runLooped(deepMode.credentials, items, maxWait(600));
		while (deepMode.callbacks.length < 2) await sleep(SECOND / 4);
		n8n.isDatabaseDown = true;
		await deepMode.settled();
		n8n.isDatabaseDown = false;
		return await execution.ended();
	});

	expect(deepMode.callbacks.map(({ status }) => status)).toEqual([200, 500, 200]);
	expect(result.items('After').map(({ json }) => [json.id, json.upscaled])).toEqual(
		ids.map((id) => [id, true]),
	);
	expect(passed).toBeLessThan(2 * MINUTE);
});

describe('no size is too large', () => {
	it.each([
		[1000, 250],
		[5000, 100],
	])(
		'%i images, each look of %i ms',
		async (count, delayMs) => {
			const ids = deepMode.addImageIds(count);
			deepMode.workMs = 30 * MINUTE;
			deepMode.fault('*', { on: 'retrieve', delayMs, times: Infinity });
			deepMode.fault('*', { on: 'callback', lost: true, times: count - 10 });

			const { result, passed } = await onMovedClock(async () => await (await run(ids)).ended());

			expect(rows(result)).toEqual(expected(ids));
			expect(deepMode.spent).toBe(3 * count);
			expect(passed).toBeLessThan(45 * MINUTE);
		},
		300_000,
	);

	it('100 images, where the API takes 60 requests a minute', async () => {
		const ids = deepMode.addImageIds(100);
		deepMode.workMs = 5 * MINUTE;
		let [minute, taken] = [0, 0];
		countRequest = () => {
			const now = Math.floor(Date.now() / MINUTE);
			if (now !== minute) [minute, taken] = [now, 0];
			if (deepMode.busyUntil > Date.now()) return;
			taken += 1;
			if (taken >= 60) deepMode.busyUntil = (minute + 1) * MINUTE;
		};

		const { result } = await onMovedClock(async () => await (await run(ids)).ended());

		expect(rows(result)).toEqual(expected(ids));
		expect(deepMode.spent).toBe(300);
	}, 300_000);

	it('500 pictures whose sum takes longer than any one limit', async () => {
		const ids = deepMode.addImageIds(500);
		deepMode.workMs = MINUTE;
		const picture = { status: 200, contentType: 'image/jpeg', body: 'a picture' };
		deepMode.fault('*', { ...picture, on: 'file', delayMs: MINUTE, times: Infinity });
		const setup = { parameters: { download: true, options: { timeout: 90 } } };

		const { result } = await onMovedClock(async () => await (await run(ids, setup)).ended());

		expect(rows(result)).toEqual(expected(ids));
		const types = result.items('DeepMode').map(({ binary }) => binary?.data?.mimeType);
		expect(types).toEqual(ids.map(() => 'image/jpeg'));
	}, 300_000);

	it('no caller waits for one who rings without end', async () => {
		const ids = deepMode.addImageIds(10);
		deepMode.workMs = 2 * MINUTE;
		deepMode.fault('*', { on: 'retrieve', delayMs: SECOND, times: Infinity });
		loseCallbacks();

		const { result } = await onMovedClock(async () => {
			const execution = await run(ids);
			const call = async () => {
				const started = Date.now();
				const { status } = await post(deepMode.callbackOf(String(ids[0])));
				return { status, waited: Date.now() - started };
			};
			const calls = [];
			for (; execution.now().status === 'waiting'; await sleep(SECOND / 2)) calls.push(call());
			return { answers: await Promise.all(calls), end: await execution.ended() };
		});

		expect(result.answers.length).toBeGreaterThan(200);
		expect(result.answers.filter(({ status }) => ![200, 409].includes(status))).toEqual([]);
		expect(Math.max(...result.answers.map(({ waited }) => waited))).toBeLessThan(5 * SECOND);
		expect(rows(result.end)).toEqual(expected(ids));
	}, 300_000);

	it('whoever rings without end has the API asked once a second at most', async () => {
		const ids = deepMode.addImageIds(1);
		deepMode.workMs = MINUTE;
		loseCallbacks();

		const { result, passed } = await onMovedClock(async () => {
			const execution = await run(ids);
			const url = deepMode.callbackOf(String(ids[0]));
			for (; execution.now().status === 'waiting'; await sleep(SECOND / 20)) await post(url);
			return await execution.ended();
		});

		const looks = deepMode.requests.filter(({ method }) => method === 'GET').length;
		expect(looks).toBeLessThan(passed / SECOND + 5);
		expect(rows(result)).toEqual(expected(ids));
	}, 300_000);

	it('no caller waits for it', async () => {
		const ids = deepMode.addImageIds(1000);
		deepMode.workMs = MINUTE;
		deepMode.fault('*', { on: 'retrieve', delayMs: SECOND, times: Infinity });
		deepMode.fault('*', { on: 'callback', lost: true, times: 999 });

		const { result } = await onMovedClock(async () => {
			const execution = await run(ids);
			await deepMode.settled();
			const started = Date.now();
			const answers = await Promise.all(
				ids.slice(0, 20).map(async (id) => await post(deepMode.callbackOf(id))),
			);
			const waited = Date.now() - started;
			return { answers, waited, end: await execution.ended() };
		});

		expect(result.answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
		expect(result.waited).toBeLessThan(5 * SECOND);
		expect(rows(result.end)).toEqual(expected(ids));
	}, 300_000);
});

describe('a submission without a clear answer', () => {
	it('is settled before the pause: no callback is needed', async () => {
		const ids = deepMode.addImageIds(3);
		deepMode.workMs = 20 * SECOND;
		loseCallbacks();
		for (const id of ids) deepMode.fault(id, { cut: 'after' });

		const { result, passed } = await onMovedClock(async () => (await run(ids)).now());

		expect(result.status).toBe('success');
		expect(rows(result)).toEqual(expected(ids));
		expect(passed).toBeLessThan(MINUTE);
	});

	it('is paused for like the others after a minute', async () => {
		const ids = deepMode.addImageIds(3);
		deepMode.workMs = 10 * MINUTE;
		for (const id of ids) deepMode.fault(id, { cut: 'after' });

		const { result, passed } = await onMovedClock(async () => {
			const execution = await run(ids);
			const { status } = execution.now();
			return { status, end: await execution.ended() };
		});

		expect(result.status).toBe('waiting');
		expect(rows(result.end)).toEqual(expected(ids));
		expect(passed).toBeLessThan(11 * MINUTE);
	});
});

it.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
	'what goes wrong with the pausing itself is no result: %s',
	async (onError) => {
		const ids = deepMode.addImageIds(2);
		deepMode.workMs = MINUTE;
		const parking = jest
			.spyOn(ExecuteContext.prototype, 'putExecutionToWait')
			.mockRejectedValueOnce(new Error('no pauses here'));

		const { result } = await onMovedClock(async () =>
			(await run(ids, { settings: { onError } })).now(),
		);
		parking.mockRestore();

		const output = onError === 'continueErrorOutput' ? 1 : 0;
		const errors = result.items('DeepMode', output).map(({ json }) => json.error);
		expect(onError === 'stopWorkflow' ? [result.error?.message] : errors).toEqual(
			Array(onError === 'stopWorkflow' ? 1 : 2).fill('no pauses here'),
		);
		expect(result.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
	},
);
