import dns from 'node:dns';

import type { ICredentialDataDecryptedObject, IDataObject } from 'n8n-workflow';

import type { Emulator, Fault } from '../emulator';
import { startEmulator } from '../emulator';
import { waitFor } from '../shared/waitFor';
import { GOING_ON, THREE_TRIES } from '../shared/workflows';
import { nodeOfAnotherProcess } from './anotherProcess';
import { onMovedClock } from './clock';
import type { Execution, NodeSetup } from './engine';
import { execute, goOn, startExecution } from './engine';
import type { Seen } from './reliabilityTable';
import { expectRow, PATIENCE, TABLE } from './reliabilityTable';
import { ssrfProtection, watchSsrfProtection } from './ssrfProtection';
import { portOf, shut, startBelowHttp, startUntrusted } from './tls';
import { useEmulator } from './useEmulator';

/** Each row of the table in docs/reliability.md has a test of the same name. */
const ROWS: Record<string, () => Promise<void>> = {
	'The image is upscaled already': async () => {
		const { id } = deepMode.addImage({ upscaled: true });
		const { outputs, hints } = await upscale([id]);
		expect(outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: true });
		expect(deepMode.submits).toHaveLength(0);
		expect(hints).toEqual(['1 was upscaled already (3 credits saved)']);
	},
	'404 to the submission': async () => {
		const { error } = await upscale(['no-such-image']);
		expect(error?.message).toBe('DeepMode does not know image "no-such-image"');
		expect(deepMode.submits).toHaveLength(1);
	},
	'Another 4xx to the submission': async () => {
		for (const status of [400, 403, 409, 413, 422]) {
			const { error } = await upscaleWith({ status, body: { message: 'not this one' } });
			expect(error?.message).toMatch(
				new RegExp(`refused to upscale image ".*" \\(status ${status}\\)`),
			);
			expect(error?.description).toContain('DeepMode says: not this one');
			expect(error?.description).toContain('Nothing was charged');
		}
		expect(deepMode.submits).toHaveLength(5);
	},
	'401': async () => {
		const ids = deepMode.addImageIds(500);
		const account = { ...deepMode.credentials, apiKey: 'dm_wrong_key' };
		const watch = watchItems(ids);
		const { outputs } = watch(await execute(account, ids.map(toItem), goOn));
		expect(outputs[0]).toHaveLength(500);
		expect(deepMode.requests.length).toBeLessThanOrEqual(10);
	},
	'402, or a refusal that speaks of missing credits': async () => {
		for (const fault of [
			{ status: 402 },
			{ status: 400, body: { error: { message: 'Insufficient credits' } } },
			{ status: 403, body: { detail: 'Your balance is too low' } },
		]) {
			const ids = deepMode.addImageIds(500);
			for (const id of ids) deepMode.fault(id, fault);
			const before = deepMode.submits.length;
			const { outputs } = await upscale(ids, goOn);
			expect(outputs[0]).toHaveLength(500);
			expect(deepMode.submits.length - before).toBeLessThanOrEqual(10);
		}
	},
	'200, and a body that says no': async () => {
		const { error, hints } = await upscaleWith({
			status: 200,
			body: { success: false, message: 'not this one' },
		});
		expect(error?.message).toMatch(/^DeepMode refused to upscale image/);
		expect(error?.description).toContain('Nothing was charged');
		expect(error?.description).toContain('DeepMode says: not this one');
		expect(hints).toEqual([]);
		expect(deepMode.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
	},
	'200, no refusal, and words of missing credits': async () => {
		const ids = deepMode.addImages(20).map(({ id }) => id);
		const body = { message: 'Upscaling images... 0 credits left' };
		deepMode.fault(String(ids[0]), { status: 200, accepted: true, body });
		deepMode.fault(String(ids[1]), { status: 200, body });
		const { outputs } = await upscale(ids, {
			...goOn,
			parameters: { options: { timeout: 2, maxConcurrency: 2 } },
		});
		const [first, second, ...others] = outputs[0] ?? [];
		expect(first?.json.upscaled).toBe(true);
		expect(second?.json.error).toMatch(/^It is not known whether .* 0 credits left/);
		expect(errorsOf([others])).toEqual(['The DeepMode account has not enough credits']);
		expect(deepMode.submits).toHaveLength(2);
	},
	'A redirect': async () => {
		const { error } = await upscaleWith({ status: 302, headers: { location: deepMode.url } });
		expect(error?.message).toContain('redirected');
		expect(deepMode.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
	},
	'429 with Retry-After': async () => {
		const busy = { status: 429, headers: { 'retry-after': '1' } };
		const { outputs } = await upscaleWith(busy, { ...busy, on: 'retrieve' });
		expect(outputs[0]?.[0]?.json.upscaled).toBe(true);

		const date = new Date(Date.now() + 3_600_000).toUTCString();
		const { error } = await upscaleWith({ status: 429, headers: { 'retry-after': date } });
		expect(error?.message).toMatch(/^Nothing was sent for image ".*": DeepMode asks for a pause/);
	},
	'429 without Retry-After': async () => {
		const { outputs } = await upscaleWith({ status: 429 });
		expect(outputs[0]?.[0]?.json.upscaled).toBe(true);

		// An account that was never refused.
		deepMode.apiKey = 'dm_test_another_account';
		const before = deepMode.requests.length;
		const { error } = await upscaleWith(
			{ status: 429, body: { message: 'slow down' }, times: Infinity },
			quickly,
		);
		expect(error?.message).toMatch(/^Nothing was sent for .*slow down/);
		expect(deepMode.requests.length - before).toBeLessThan(5);
	},
	'503 with Retry-After': async () => {
		await upscaleWith({ status: 503, headers: { 'retry-after': '0' } });
		await upscaleWith({ status: 503, headers: { 'retry-after': '3600' } });
	},
	'A connection that is refused': async () => {
		const { credentials, apiKey } = deepMode;
		const { port } = new URL(credentials.baseUrl);
		const { id } = deepMode.addImage();
		await deepMode.close();
		const gone = watchItems([id])(await execute(credentials, [{ id }], quickly));
		expect(gone.error?.message).toContain('ECONNREFUSED');

		const { finished } = startExecution(credentials, [{ id }]);
		const back = await startEmulator({ apiKey, port: Number(port) });
		try {
			back.addImage({ id });
			watchItems([id], {}, back)(await finished);
		} finally {
			await back.close();
		}
	},
	'A host name that is unknown': async () => {
		const account = { apiKey: 'dm_key', baseUrl: 'https://no-such-host.invalid' };
		const lookUp = jest.spyOn(dns, 'lookup');
		await expectNobody(account, 'ENOTFOUND', () => lookUp.mock.calls.length);
		lookUp.mockRestore();
	},
	'A certificate that is not trusted': async () => {
		const server = await startUntrusted();
		const account = { apiKey: 'dm_key', baseUrl: `https://127.0.0.1:${portOf(server)}` };
		let asked = 0;
		server.on('connection', () => (asked += 1));
		await expectNobody(account, 'self-signed certificate', () => asked);
		await shut(server);
	},
	'A proxy that wants a login (407)': async () => {
		let asked = 0;
		const proxy = await startBelowHttp((socket) => {
			asked += 1;
			socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
		});
		process.env.HTTPS_PROXY = `http://127.0.0.1:${portOf(proxy)}`;
		const account = { apiKey: 'dm_key', baseUrl: 'https://api.example.invalid' };
		await expectNobody(account, '407', () => asked);
		delete process.env.HTTPS_PROXY;
		await shut(proxy);
	},
	"An address that n8n's SSRF protection blocks": async () => {
		ssrfProtection.enabled = true;
		const asked = watchSsrfProtection();
		const account = { apiKey: 'dm_key', baseUrl: 'https://127.0.0.1:9' };
		await expectNobody(account, 'restricted IP address', () => asked.mock.calls.length);
		asked.mockRestore();
		ssrfProtection.enabled = false;
	},
	'Any other connection that is never made': async () => {
		const server = await startBelowHttp((socket) => socket.destroy());
		const account = { apiKey: 'dm_key', baseUrl: `https://127.0.0.1:${portOf(server)}` };
		const { result, passed } = await onMovedClock(
			async () => await execute(account, [{ id: 'a' }], again),
		);
		watchItems(['a'])(result);
		expect(passed).toBeGreaterThanOrEqual(60_000);
		expect(passed).toBeLessThan(70_000);
		await shut(server);
	},
	'Nobody for a minute, whatever is sent': async () => {
		const ids = deepMode.addImages(1000).map(({ id }) => id);
		for (const fault of [{ status: 502 }, { status: 200, body: '<p>Parked</p>' }]) {
			deepMode.clearFaults();
			deepMode.fault('*', { ...fault, on: 'retrieve', times: Infinity });
			const { result, passed } = await onMovedClock(async () => await upscale(ids, goOn));
			expect(errorsOf(result.outputs)).toEqual([expect.stringMatching(/ .*(502|Parked)/)]);
			expect(passed).toBeLessThan(120_000);
		}
		expect(deepMode.submits).toHaveLength(0);
	},
	'A connection cut before the request was read': async () => {
		const { error } = await upscaleWith({ cut: 'before' }, quickly);
		expectUnknown(error, 'socket hang up');
	},
	'A connection cut after the request was accepted': async () => {
		deepMode.workMs = 700;
		await expectFound({ cut: 'after' });
	},
	'A connection cut in the middle of the answer': async () => {
		await expectFound({ cut: 'body' });
	},
	'No answer within the timeout': async () => {
		const { error } = await upscaleWith({ hang: true }, quickly);
		expectUnknown(error, 'timeout');
		await expectFound({ hang: true, accepted: true }, quickly);
	},
	'No answer for more than a minute': async () => {
		const [silent = ''] = deepMode.addImageIds(1);
		deepMode.workMs = 30_000;
		deepMode.fault(silent, { hang: true, accepted: true });
		const alone = await onMovedClock(
			async () => await upscale([silent], { parameters: { options: { timeout: 1200 } } }),
		);
		expect(alone.result.outputs[0]?.[0]?.json.upscaled).toBe(true);
		expect(alone.passed).toBeLessThan(100_000);
		expect(deepMode.charges(silent)).toHaveLength(1);

		const [found, late] = deepMode.addImages(2).map(({ id }) => id) as [string, string];
		deepMode.workMs = (id) => (id === found ? 30_000 : 200_000);
		deepMode.fault(found, { hang: true, accepted: true });
		const { result, passed } = await onMovedClock(
			async () => await upscale([found, late], { parameters: { options: { timeout: 1200 } } }),
		);
		expect(result.outputs[0]?.map(({ json }) => json.upscaled)).toEqual([true, true]);
		// The second one's own answer comes between two looks.
		expect(passed).toBeLessThan(210_000);
		expect(deepMode.submits).toHaveLength(3);
		// Before the submission, and after one, two and three minutes.
		expect(looksAt(found)).toHaveLength(2);
		expect(looksAt(late)).toHaveLength(4);
		expect(deepMode.spent).toBe(9);
	},
	'Another 5xx, accepted': async () => {
		for (const status of [500, 502, 503]) {
			await expectFound({ status, accepted: true, body: '<h1>Bad Gateway</h1>' });
		}
	},
	'Another 5xx, not accepted': async () => {
		const { error } = await upscaleWith({ status: 502, body: '<h1>Bad Gateway</h1>' }, quickly);
		expectUnknown(error, 'status 502: Bad Gateway');
	},
	'408, 499, 504, 522 or 524': async () => {
		for (const status of [408, 499, 504, 522, 524]) {
			await expectFound({ status, accepted: true });
			expectUnknown((await upscaleWith({ status }, quickly)).error, `status ${status}`);
		}
	},
	'A page with 200': async () => {
		const page = { status: 200, contentType: 'text/html', body: '<p>Welcome</p>' };
		await expectFound({ ...page, accepted: true });
		expectUnknown((await upscaleWith(page, quickly)).error, 'Welcome');
	},
	'An empty or broken answer': async () => {
		for (const body of ['', '{"id": "a", "image_u', '[]', 'null']) {
			await expectFound({ status: 200, body, accepted: true });
		}
		expectUnknown((await upscaleWith({ status: 200, body: '' }, quickly)).error, 'page or text');
	},
	'An acknowledgement instead of an image': async () => {
		const acknowledgement = { status: 200, body: { message: 'Upscaling images...' } };
		await expectFound({ ...acknowledgement, accepted: true });
		expectUnknown((await upscaleWith(acknowledgement, quickly)).error, 'Upscaling images...');
	},
	'An image that is not upscaled': async () => {
		const body = { id: 'a', image_url: 'https://images.example.com/a.jpeg', upscaled: false };
		await expectFound({ status: 200, body, accepted: true });
		expectUnknown((await upscaleWith({ status: 200, body }, quickly)).error, 'not upscaled');
	},
	'A look that fails, before the submission': async () => {
		for (const fault of [{ status: 500 }, { cut: 'body' }, { status: 200, body: '' }] as const) {
			const { outputs } = await upscaleWith({ ...fault, on: 'retrieve' });
			expect(outputs[0]?.[0]?.json.upscaled).toBe(true);
		}
		const before = deepMode.submits.length;
		const failing = { status: 500, on: 'retrieve', times: Infinity } as const;
		const { error } = await upscaleWith(failing, quickly);
		expect(error?.message).toMatch(/^Nothing was sent for image .* status 500/);
		expect(deepMode.submits).toHaveLength(before);
	},
	'A look that is refused, before the submission': async () => {
		const { error } = await upscaleWith({ status: 403, body: 'not yours', on: 'retrieve' });
		expect(error?.message).toContain('refused to look at');
		expect(error?.description).toContain('not yours');
		expect(deepMode.submits).toHaveLength(0);
	},
	'A look that fails, while settling': async () => {
		const pass = { on: 'retrieve', delayMs: 0 } as const;
		await expectFound({ cut: 'after' }, pass, { on: 'retrieve', status: 500 });
		await expectFound({ cut: 'after' }, pass, { on: 'retrieve', cut: 'before' });
		await expectFound({ cut: 'after' }, pass, { on: 'retrieve', status: 429 });
		const failing = { on: 'retrieve', status: 500, times: Infinity } as const;
		await upscaleWith({ cut: 'after' }, pass, failing, quickly);
	},
	'A look that is refused, while settling': async () => {
		const pass = { on: 'retrieve', delayMs: 0 } as const;
		const { error } = await upscaleWith({ cut: 'after' }, pass, { on: 'retrieve', status: 404 });
		expectUnknown(error, 'refused to show it (status 404)');
	},
	'Not known, with Upscale Again': async () => {
		const again = { parameters: { options: { ifUpscaled: 'upscaleAgain' } } };
		const { error } = await upscaleWith({ cut: 'after' }, again);
		expectUnknown(error, 'socket hang up');
		expect(deepMode.requests.map(({ method }) => method)).toEqual(['POST']);
	},
	'Not known, in mode Call Back': async () => {
		for (const fault of [{ cut: 'after' }, { status: 500 }, { status: 200, body: '' }] as const) {
			const { outputs, id } = await upscaleWith(fault, callBack);
			expect(outputs[0]?.[0]?.json).toEqual({
				image_id: id,
				mode: 'async',
				accepted: 'unknown',
				message: expect.any(String),
			});
		}
		expect(deepMode.submits).toHaveLength(3);
	},
	'An image that is upscaled already, in mode Call Back': async () => {
		const { id } = deepMode.addImage({ upscaled: true });
		const { outputs } = await upscale([id], callBack);
		expect(outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: true, callback: false });
		expect(deepMode.submits).toHaveLength(0);
	},
	'The same image twice in one run': async () => {
		const ids = deepMode.addImageIds(2);
		const { outputs } = await upscale([ids[0], ids[1], ids[0], ids[0]]);
		expect(outputs[0]?.map(({ json }) => json.id)).toEqual([ids[0], ids[1], ids[0], ids[0]]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 1, 2, 3].map((item) => ({ item })),
		);
		expect(deepMode.spent).toBe(6);
	},
	'The same image twice in one run, in mode Call Back': async () => {
		const { id } = deepMode.addImage();
		const { outputs } = await upscale([id, id], {
			...callBack,
			settings: GOING_ON,
		});
		expect(outputs[0]?.[0]?.json.message).toBe('Upscaling images...');
		expect(outputs[0]?.[1]?.json.error).toContain('in this run already');
		expect(deepMode.submits).toHaveLength(1);
	},
	'A second try by Retry On Fail': async () => {
		const ids = deepMode.addImageIds(5);
		for (const settings of [
			THREE_TRIES,
			{ ...THREE_TRIES, onError: 'continueErrorOutput' },
		] as const) {
			const { outputs, error } = await upscale(['no-such-image', ...ids], {
				settings,
				parameters: { options: { ifUpscaled: 'upscaleAgain' } },
			});
			expect(error ? error.message : outputs[1]?.[0]?.json.error).toContain('no-such-image');
		}
		expect(ids.map((id) => deepMode.charges(id).length)).toEqual([2, 2, 2, 2, 2]);
	},
	'A second try by Retry On Fail, in mode Call Back': async () => {
		const ids = deepMode.addImageIds(5);
		const { error } = await upscale([...ids, 'no-such-image'], {
			settings: THREE_TRIES,
			parameters: { ...callBack.parameters, options: { ifUpscaled: 'upscaleAgain' } },
		});
		expect(error?.message).toContain('no-such-image');
		expect(ids.map((id) => deepMode.charges(id).length)).toEqual([1, 1, 1, 1, 1]);
		expect(
			deepMode.submits.filter(({ body }) => (body as IDataObject).image_id === 'no-such-image'),
		).toHaveLength(3);
	},
	'A second try by Retry On Fail, of what is not known': async () => {
		const again = await upscaleWith(
			{ cut: 'after' },
			{ settings: THREE_TRIES, parameters: { options: { ifUpscaled: 'upscaleAgain' } } },
		);
		expectUnknown(again.error, '');
		expect(deepMode.submits).toHaveLength(1);

		deepMode.workMs = 1500;
		const { outputs } = await upscaleWith(
			{ cut: 'after' },
			{ settings: THREE_TRIES, parameters: { options: { timeout: 1 } } },
		);
		expect(outputs[0]?.[0]?.json.upscaled).toBe(true);
		expect(deepMode.submits).toHaveLength(2);
	},
	'Two executions at once': async () => {
		deepMode.workMs = 500;
		const ids = deepMode.addImageIds(20);
		const both = await Promise.all([upscale(ids, sameNode), upscale(ids, sameNode)]);
		for (const { outputs } of both) {
			expect(outputs[0]?.map(({ json }) => [json.id, json.upscaled])).toEqual(
				ids.map((id) => [id, true]),
			);
		}
		expect(deepMode.spent).toBe(60);
	},
	'Handed over, and run again before it is done': async () => {
		deepMode.workMs = 60_000;
		const ids = deepMode.addImageIds(3);
		await execute(deepMode.credentials, ids.map(toItem), { ...sameNode, ...callBack });
		const { outputs, hints } = await upscale(ids, { ...sameNode, ...callBack });
		expect(outputs[0]?.map(({ json }) => json)).toEqual(
			ids.map((id) => ({
				image_id: id,
				mode: 'async',
				accepted: 'earlier',
				message: expect.stringMatching(
					/^It has been in work for less than a minute, .*Submit Again/,
				),
			})),
		);
		expect(hints).toContain('3 were in work already (9 credits saved)');
		expect(deepMode.spent).toBe(9);
	},
	'A crash, run again at once': async () => {
		deepMode.workMs = 1500;
		const ids = deepMode.addImageIds(10);
		const crashed = startExecution(deepMode.credentials, ids.map(toItem), {
			...sameNode,
			nodeType: nodeOfAnotherProcess(),
		});
		await waitFor('all upscales', () => deepMode.submits.length === 10, { everyMs: 5 });
		const { outputs } = await upscale(ids, sameNode);
		await crashed.finished;
		expect(outputs[0]?.filter(({ json }) => json.upscaled)).toHaveLength(10);
		expect(deepMode.spent).toBe(30);
	},
	'In work by another execution, and not done within the timeout': async () => {
		const { id } = deepMode.addImage();
		deepMode.fault(id, { hang: true });
		await execute(deepMode.credentials, [{ id }], { ...sameNode, ...quickly });
		const { error } = await upscale([id], { ...sameNode, ...quickly });
		expect(error?.message).toBe(
			`Image "${id}" has been in work for less than a minute by an earlier run, and is not done`,
		);
		expect(error?.description).toContain('Nothing was charged');
		expect(deepMode.submits).toHaveLength(1);
	},
	'Stop, in n8n': async () => {
		deepMode.workMs = 300;
		const ids = deepMode.addImageIds(50);
		const watch = watchItems(ids);
		const { cancel, finished } = startExecution(deepMode.credentials, ids.map(toItem), {
			parameters: { options: { maxConcurrency: 5 } },
		});
		await waitFor('five upscales', () => deepMode.submits.length === 5, { everyMs: 5 });
		cancel();
		const stopped = await finished;
		const before = deepMode.requests.length;
		// The five go on at DeepMode; whoever waits for them would start five more when they end.
		await deepMode.settled();
		expect(deepMode.submits).toHaveLength(5);
		expect(deepMode.requests).toHaveLength(before);
		expect(watch(stopped).run.status).toBe('canceled');
	},
};

/** What the rows of the table saw. */
let seen: Seen[] = [];

/** Faults that leave it open whether an image was upscaled, and that no look settles. */
const NEVER_DONE: Record<string, Fault> = {
	'A connection cut before the request was read': { cut: 'before' },
	'Another 5xx, not accepted': { status: 500 },
	'408, 499, 504, 522 or 524': { status: 504 },
	'A page with 200': { status: 200, contentType: 'text/html', body: '<p>Welcome</p>' },
	'An empty or broken answer': { status: 200, body: '' },
	'An acknowledgement instead of an image': {
		status: 200,
		body: { message: 'Upscaling images...' },
	},
	'An image that is not upscaled': {
		status: 200,
		body: { id: 'a', image_url: 'https://images.example.com/a.jpeg', upscaled: false },
	},
};

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

describe('docs/reliability.md', () => {
	beforeEach(() => {
		seen = [];
	});

	it('has a test for each row', () => {
		expect(Object.keys(ROWS).sort()).toEqual(TABLE.map(({ row }) => row).sort());
	});

	it.each(TABLE)(
		'$row',
		async (row) => {
			await ROWS[row.row]?.();
			expectRow(row, seen);
		},
		30_000,
	);

	it.each(TABLE.filter(({ row }) => row in NEVER_DONE))('$row: $sent', async ({ row, sent }) => {
		const { result, passed } = await onMovedClock(
			async () => await upscaleWith(NEVER_DONE[row] as Fault),
		);
		expectUnknown(result.error, '');
		const [from, to] = PATIENCE[sent] ?? [NaN, NaN];
		expect(passed).toBeGreaterThanOrEqual(from);
		expect(passed).toBeLessThanOrEqual(to);
	});
});

it('429 in the middle of a batch: nobody sends until Retry-After is over', async () => {
	deepMode.workMs = 20;
	const ids = deepMode.addImageIds(200);
	const { finished } = startExecution(deepMode.credentials, ids.map(toItem));
	await waitFor('a hundred upscales', () => deepMode.submits.length >= 100, { everyMs: 5 });
	deepMode.busyUntil = Date.now() + 2000;

	const { outputs } = await finished;

	expect(outputs[0]?.filter(({ json }) => json.upscaled)).toHaveLength(200);
	const refused = deepMode.requests.filter(({ status }) => status === 429);
	expect(refused.length).toBeGreaterThan(0);
	expect(refused.length).toBeLessThan(20);
	expect(deepMode.spent).toBe(600);
});

it('a pause that is longer than the timeout fails all that wait at once', async () => {
	const ids = deepMode.addImageIds(100);
	deepMode.busyUntil = Date.now() + 3_600_000;

	const { outputs } = await upscale(ids, goOn);

	const later = await upscale(ids, goOn);

	for (const items of [outputs[0], later.outputs[0]]) {
		const errors = items?.map(({ json }) => String(json.error)) ?? [];
		const isTold = /^Nothing was sent .* DeepMode asks for a pause that is longer than the timeout/;
		expect(errors.filter((error) => isTold.test(error))).toHaveLength(100);
	}
	expect(deepMode.requests.length).toBeLessThanOrEqual(10);
});

describe('an answer that is made to confuse', () => {
	const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

	it.each([
		['deep', { status: 500, body: nested(20_000) }],
		['deep, with 200', { status: 200, body: nested(20_000) }],
		[
			'of errors in errors',
			{ status: 502, body: '{"error":'.repeat(5000) + '1' + '}'.repeat(5000) },
		],
		[
			'with objects for texts',
			{ status: 500, body: { detail: [{ msg: 'x', loc: [{ toString: 1 }] }] } },
		],
	])('%s, is no reason to submit again in a second try', async (_, fault) => {
		for (const parameters of [
			{ options: { timeout: 1, ifUpscaled: 'upscaleAgain' } },
			{ ...callBack.parameters, options: { timeout: 1, ifUpscaled: 'upscaleAgain' } },
		]) {
			const { id } = await upscaleWith(
				{ ...fault, accepted: true, times: Infinity },
				{ settings: THREE_TRIES, parameters },
			);
			expect(deepMode.charges(id)).toHaveLength(1);
		}
	});

	it('and never ends, is given up when the time is over', async () => {
		deepMode.workMs = 60_000;
		expectUnknown((await upscaleWith({ drip: true, accepted: true }, quickly)).error, 'timeout');

		const { error } = await upscaleWith({ drip: true, on: 'retrieve', times: Infinity }, quickly);
		expect(error?.message).toMatch(/^Nothing was sent .*timeout/);
	});

	it('and repeats the key, escaped, does not show it', async () => {
		deepMode.apiKey = 'dm/live"key+0123456789==';
		const escaped = JSON.stringify(deepMode.apiKey)
			.replaceAll('/', '\\/')
			.replaceAll('+', '\\u002b');
		for (const body of [
			`{"message":${escaped}}`,
			`{"${escaped.slice(1, -1)}":1,"message":"${encodeURIComponent(deepMode.apiKey)}"}`,
		]) {
			const { run, error } = await upscaleWith({ status: 400, body });
			expect(error?.description).toContain('***');
			expect(JSON.stringify(run)).not.toContain('0123456789');
		}
	});

	it.each([
		['in base64', (header: string) => Buffer.from(header).toString('base64')],
		['in HTML', (header: string) => header.replaceAll('"', '&quot;').replaceAll('&k', '&amp;k')],
		['in a URL', (header: string) => encodeURIComponent(header)],
	])('and repeats the key on a page, %s, does not show it', async (_, spell) => {
		deepMode.apiKey = 'dm/live"&key+0123456789==';
		const page = `<p>You sent ${spell(`Bearer ${deepMode.apiKey}`)}.</p>`;

		const { run, error } = await upscaleWith({ status: 400, body: page });

		expect(error?.description).toContain('***');
		expect(JSON.stringify(run)).not.toContain(spell('+0123456789').slice(4, 12));
	});

	it('and holds the one image in a wrapping, is a result all the same', async () => {
		const wrapped = { id: 'a', image_url: 'https://images.example.com/a', upscaled: 'true' };
		for (const body of [[wrapped], { image: wrapped }, { data: [wrapped] }]) {
			const { outputs } = await upscaleWith({ status: 200, body });
			expect(outputs[0]?.[0]?.json).toEqual(wrapped);
		}
	});
});

it('a short API key does not garble the answers', async () => {
	deepMode.apiKey = 'true';
	const { outputs, id } = await upscaleWith({ delayMs: 0 });
	expect(outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: true });
});

it('tells what a run cost and saved', async () => {
	const existing = deepMode.addImages(3, { upscaled: true });
	const fresh = deepMode.addImages(37);

	const { hints } = await upscale([...existing, ...fresh].map(({ id }) => id));

	expect(hints).toEqual(['37 upscaled (111 credits), 3 were upscaled already (9 credits saved)']);
});

const sameNode = { workflowId: 'w1', settings: { id: 'n1' } };
const quickly: NodeSetup = { parameters: { options: { timeout: 2 } } };
const callBack = {
	parameters: { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' },
};

const toItem = (id: unknown) => ({ id }) as IDataObject;
const again: NodeSetup = { parameters: { options: { ifUpscaled: 'upscaleAgain' } } };
const looksAt = (id: string) =>
	deepMode.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(id));
const errorsOf = (outputs: Execution['outputs']) => [
	...new Set(outputs[0]?.map(({ json }) => json.error)),
];

async function upscale(ids: unknown[], setup?: NodeSetup): Promise<Execution> {
	const watch = watchItems(ids);
	return watch(await execute(deepMode.credentials, ids.map(toItem), setup));
}

/**
 * Begins to watch what becomes of images in an execution.
 *
 * @returns to be given the execution when it is over
 */
function watchItems(
	ids: unknown[],
	more: Partial<Seen> = {},
	emulator = deepMode,
): (execution: Execution) => Execution {
	const [requests, charges] = [emulator.requests.length, emulator.charges().length];
	return (execution) => {
		const { outputs, error, hints } = execution;
		const items = outputs.flat();
		const since = emulator.requests.slice(requests);
		// Without "continue on error" it is the first that failed.
		const told = error ? ids.slice(0, 1) : ids;
		told.forEach((id, index) => {
			const json = items.find(
				({ pairedItem }) => (pairedItem as { item?: number } | undefined)?.item === index,
			)?.json;
			const own = since.filter(
				({ path, body }) =>
					path.endsWith(`/${String(id)}`) || (body as IDataObject | undefined)?.image_id === id,
			);
			const failed = error
				? { error: error.message, message: error.description }
				: { error: json?.error, message: json?.message };
			const isError = failed.error !== undefined;
			seen.push({
				item: isError ? undefined : json,
				words: isError ? `${String(failed.error)}\n${String(failed.message)}` : '',
				hints,
				submits: own.filter(({ method }) => method === 'POST').length,
				looks: own.slice(1).filter(({ method }) => method === 'GET').length,
				charges: emulator
					.charges()
					.slice(charges)
					.filter(({ image_id: image }) => image === id).length,
				...more,
			});
		});
		return execution;
	};
}

/** Upscales one image under some faults. */
async function upscaleWith(
	...faultsAndSetup: Array<Fault | NodeSetup>
): Promise<Execution & { id: string }> {
	const { id } = deepMode.addImage();
	let setup: NodeSetup | undefined;
	for (const element of faultsAndSetup) {
		if ('parameters' in element || 'settings' in element) setup = element;
		else deepMode.fault(id, element as Fault);
	}
	return { ...(await upscale([id], setup)), id };
}

/** The image comes out in the end, submitted and paid once. */
async function expectFound(...faultsAndSetup: Parameters<typeof upscaleWith>): Promise<void> {
	const before = deepMode.submits.length;
	const { outputs, id } = await upscaleWith(...faultsAndSetup);
	expect(outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: true });
	expect(deepMode.submits.length - before).toBe(1);
	expect(deepMode.charges(id)).toHaveLength(1);
}

/**
 * Nothing is sent for any item of a batch, and all are told why.
 *
 * @param tries how often a connection was tried
 */
async function expectNobody(
	account: ICredentialDataDecryptedObject,
	reason: string,
	tries: () => number,
): Promise<void> {
	const ids = Array.from({ length: 100 }, (_, index) => `image-${index}`);
	const execution = await execute(account, ids.map(toItem), {
		...goOn,
		parameters: { options: { maxConcurrency: 1 } },
	});
	const { outputs } = watchItems(ids, { tries: tries() })(execution);
	expect(outputs[0]).toHaveLength(100);
	expect(errorsOf(outputs)).toEqual([expect.stringContaining(reason)]);
}

function expectUnknown(error: Execution['error'], seen: string): void {
	expect(error?.name).toBe('NodeApiError');
	expect(error?.message).toMatch(/^It is not known whether image ".*" was upscaled: /);
	expect(error?.message).toContain(seen);
	expect(error?.description).toContain('credits may have been spent');
	expect(error?.description).toContain('Get Image');
}
