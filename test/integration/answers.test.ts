import type { Server } from 'node:net';

import type { ICredentialDataDecryptedObject, INode } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import { onMovedClock } from './clock';
import type { Execution, NodeSetup } from './engine';
import { execute } from './engine';
import { ssrfProtection } from './ssrfProtection';
import { portOf, shut, startBelowHttp, startUntrusted } from './tls';

/** What came back for a request, seen for what it means: nothing was sent, a no, a perhaps. */

describe('a connection that is never made', () => {
	let server: Server | undefined;

	afterEach(async () => {
		if (server?.listening) await shut(server);
		delete process.env.HTTPS_PROXY;
		ssrfProtection.enabled = false;
	});

	/** Where nobody is to be asked. */
	const ELSEWHERE = 'https://api.example.invalid';
	const at = (made: Server) => {
		server = made;
		return `https://127.0.0.1:${portOf(made)}`;
	};
	const behind = (made: Server) => {
		server = made;
		process.env.HTTPS_PROXY = `http://127.0.0.1:${portOf(made)}`;
		return ELSEWHERE;
	};

	/** Makes an address where it is so, by what the error says and what helps. */
	const KINDS: Array<
		[kind: string, isFinal: boolean, seen: string, cure: string, make: () => Promise<string>]
	> = [
		['an unknown host', true, 'ENOTFOUND', 'Base URL', async () => ELSEWHERE],
		[
			'a certificate that is not trusted',
			true,
			'self-signed certificate',
			'NODE_EXTRA_CA_CERTS',
			async () => at(await startUntrusted()),
		],
		[
			'a proxy that wants a login',
			true,
			'407',
			'HTTPS_PROXY',
			async () =>
				behind(
					await startBelowHttp((socket) =>
						socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
					),
				),
		],
		[
			"n8n's SSRF protection",
			true,
			'restricted IP address',
			'N8N_SSRF_ALLOWED_HOSTNAMES',
			async () => {
				ssrfProtection.enabled = true;
				return 'https://127.0.0.1:9';
			},
		],
		[
			'a port where nobody listens',
			false,
			'ECONNREFUSED',
			'reach',
			async () => {
				const url = at(await startBelowHttp(() => undefined));
				await shut(server as Server);
				return url;
			},
		],
		[
			'a handshake that is broken off',
			false,
			'before secure TLS connection was established',
			'reach',
			async () => at(await startBelowHttp((socket) => socket.destroy())),
		],
		[
			'a handshake that is reset',
			false,
			'ECONNRESET',
			'reach',
			async () => at(await startBelowHttp((socket) => socket.resetAndDestroy())),
		],
		[
			'a handshake that is not answered',
			false,
			'timeout',
			'reach',
			async () => at(await startBelowHttp(() => undefined)),
		],
		[
			'a server that speaks no TLS',
			false,
			'EPROTO',
			'reach',
			async () =>
				at(await startBelowHttp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
		],
		[
			'a proxy that nobody runs',
			false,
			'ECONNREFUSED',
			'reach',
			async () => {
				const url = behind(await startBelowHttp(() => undefined));
				await shut(server as Server);
				return url;
			},
		],
		[
			'a proxy that hangs up',
			false,
			'Proxy connection ended',
			'reach',
			async () => behind(await startBelowHttp((socket) => socket.end())),
		],
		[
			'a proxy that does not answer',
			false,
			'timeout',
			'reach',
			async () => behind(await startBelowHttp(() => undefined)),
		],
	];

	const WAYS: Array<[words: RegExp, parameters: INode['parameters']]> = [
		[
			/^Nothing was sent.*cannot be reached/,
			{ options: { timeout: 2, ifUpscaled: 'upscaleAgain' } },
		],
		[
			/^Nothing was sent.*cannot be reached/,
			{ operation: 'generate', modelId: 'm', prompt: 'a lake', options: { timeout: 2 } },
		],
		[/^Could not read.*cannot be reached/, { operation: 'get', options: { timeout: 2 } }],
	];

	describe.each(KINDS)('%s', (_, isFinal, seen, cure, make) => {
		it('sends nothing, for whatever it was to be, and says why and what helps', async () => {
			const account = { apiKey: 'dm_key_of_nobody', baseUrl: await make() };

			const executions = await Promise.all(
				WAYS.map(async ([, parameters]) => await execute(account, [{ id: 'a' }], { parameters })),
			);

			executions.forEach(({ error }, index) => {
				expect(error?.message).toMatch(WAYS[index]?.[0] as RegExp);
				expect(error?.message).toContain(seen);
				expect(error?.description).toContain(cure);
			});
		});

		it(`${isFinal ? 'ends the batch' : 'concerns one item, for less than a minute'}`, async () => {
			const account = { apiKey: 'dm_key_of_nobody', baseUrl: await make() };
			const run = async () => await failuresOf(account);

			// A look-up of a name happens elsewhere, where a moved clock does not move.
			const errors = isFinal ? await run() : (await onMovedClock(run)).result;

			expect(new Set(errors).size).toBe(isFinal ? 1 : 20);
		});
	});
});

/** What a batch of items comes to at an address where nobody is. */
async function failuresOf(account: ICredentialDataDecryptedObject) {
	const items = Array.from({ length: 20 }, (_, index) => ({ id: `image-${index}` }));
	const { outputs } = await execute(account, items, {
		parameters: { options: { timeout: 8, maxConcurrency: 4 } },
		settings: { onError: 'continueRegularOutput' },
	});
	return outputs[0]?.map(({ json }) => json.error) ?? [];
}

it('what was never sent is sent by the second try of Retry On Fail, once', async () => {
	const { apiKey, url, modelId } = deepMode;
	await deepMode.close();

	const { result, passed } = await onMovedClock(async () => {
		setTimeout(() => {
			void startEmulator({ apiKey, port: Number(new URL(url).port) }).then((back) => {
				deepMode = back;
				deepMode.addModel(modelId);
			});
		}, 4000);
		return await execute({ apiKey, baseUrl: url }, [{}], {
			parameters: { operation: 'generate', modelId, prompt: 'a lake', options: { timeout: 2 } },
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 5000 },
		});
	});

	expect(passed).toBeGreaterThan(5000);
	expect(result.outputs[0]?.[0]?.json.prompt).toBe('a lake');
	expect(deepMode.spent).toBe(1);
});

describe('an answer of 200', () => {
	const goOn = { settings: { onError: 'continueRegularOutput' as const } };
	const modes: Array<[mode: string, parameters: INode['parameters']]> = [
		['sync', {}],
		['async', { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' }],
		['pause', { mode: 'pause' }],
	];

	const NOES: Array<[body: object, words: string]> = [
		[{ success: false, message: 'too dark' }, 'too dark'],
		[{ ok: false, reason: 'too dark' }, 'too dark'],
		[{ status: 'error', title: 'too dark' }, 'too dark'],
		[{ status: 'Failed', msg: 'too dark' }, 'too dark'],
		[{ code: 422, msg: 'too dark' }, 'too dark'],
		[{ status: 500, detail: 'too dark' }, 'too dark'],
		[{ statusCode: '400', message: 'too dark' }, 'too dark'],
		[{ error: 'too dark' }, 'too dark'],
		[{ error: { message: 'too dark' } }, 'too dark'],
		[{ errors: [{ message: 'too dark' }] }, 'too dark'],
		[{ error: true, message: 'too dark' }, 'too dark'],
	];

	describe.each(modes)('in mode %s', (_, parameters) => {
		it.each(NOES)('that says no, as %j, is a refusal with its words', async (body, words) => {
			const { id } = deepMode.addImage();
			deepMode.fault(id, { status: 200, body });

			const { error } = await run([id], { parameters });

			expect(error?.message).toMatch(/^DeepMode refused to upscale image/);
			expect(error?.description).toContain(words);
			expect(error?.description).toContain('Nothing was charged');
			expect(submits()).toHaveLength(1);
		});

		it('that says no and names missing credits ends the batch', async () => {
			const ids = deepMode.addImages(20).map(({ id }) => id);
			const body = { code: 402, msg: 'Insufficient credits' };
			for (const id of ids) deepMode.fault(id, { status: 200, body });

			const { outputs } = await run(ids, {
				...goOn,
				parameters: { ...parameters, options: { maxConcurrency: 5 } },
			});

			expect(new Set(outputs[0]?.map(({ json }) => json.error))).toEqual(
				new Set(['The DeepMode account has not enough credits']),
			);
			expect(submits().length).toBeLessThanOrEqual(5);
		});
	});

	it.each([{ error: null }, { errors: [] }, { error: false }, { success: true }, { status: 'ok' }])(
		'with %j in it is no refusal',
		async (fields) => {
			const { id } = deepMode.addImage();
			const body = { message: 'Upscaling images...', ...fields };
			deepMode.fault(id, { status: 200, accepted: true, body });

			const { outputs } = await run([id], { parameters: modes[1]?.[1] });

			expect(outputs[0]?.[0]?.json).toMatchObject(body);
		},
	);

	it('that speaks of missing credits, and is no refusal, ends the sending: it may have been taken', async () => {
		const ids = deepMode.addImages(20).map(({ id }) => id);
		const body = { message: 'Upscaling images... 0 credits left' };
		for (const id of ids) deepMode.fault(id, { status: 200, accepted: true, body });

		for (const [mode, parameters] of modes.slice(0, 2)) {
			const before = submits().length;
			const { outputs } = await run(ids.splice(0, 10), {
				...goOn,
				parameters: { ...parameters, options: { maxConcurrency: 1 } },
			});

			const [first, ...others] = outputs[0] ?? [];
			expect(first?.json).toMatchObject(
				mode === 'sync' ? { upscaled: true } : { accepted: 'unknown' },
			);
			expect(new Set(others.map(({ json }) => json.error))).toEqual(
				new Set(['The DeepMode account has not enough credits']),
			);
			expect(submits().length - before).toBe(1);
		}
	});
});

describe('a status', () => {
	it.each([408, 499, 504, 522, 524])(
		'%i says that somebody stopped waiting: the image is found 80 s later',
		async (status) => {
			const { id } = deepMode.addImage();
			deepMode.workMs = 81_000;
			deepMode.fault(id, { status, accepted: true, delayMs: 1000 });

			const { result } = await onMovedClock(async () => await run([id]));

			expect(result.outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: true });
			expect(deepMode.charges(id)).toHaveLength(1);
		},
	);

	it.each([500, 501, 502, 503, 505, 507, 520, 521, 523, 525, 529])(
		'%i is looked after for a minute, and no longer',
		async (status) => {
			const [quick, slow] = deepMode.addImages(2).map(({ id }) => id) as [string, string];
			deepMode.workMs = (id) => (id === quick ? 50_000 : 81_000);
			for (const id of [quick, slow]) deepMode.fault(id, { status, accepted: true });

			const { result } = await onMovedClock(
				async () => await run([quick, slow], { settings: { onError: 'continueRegularOutput' } }),
			);

			expect(result.outputs[0]?.[0]?.json).toMatchObject({ id: quick, upscaled: true });
			expect(result.outputs[0]?.[1]?.json.error).toMatch(/^It is not known whether/);
			expect(submits()).toHaveLength(2);
		},
	);

	it.each([429, 503])(
		'%i with a date is read against the clock of whoever wrote it',
		async (status) => {
			const { id } = deepMode.addImage();
			const theirs = Date.now() + 3_600_000;
			const headers = {
				date: new Date(theirs).toUTCString(),
				'retry-after': new Date(theirs + 20_000).toUTCString(),
			};
			deepMode.fault(id, { status, headers });

			const { result, passed } = await onMovedClock(async () => await run([id]));

			expect(result.outputs[0]?.[0]?.json.upscaled).toBe(true);
			expect(passed).toBeGreaterThanOrEqual(20_000);
			expect(passed).toBeLessThan(30_000);
		},
	);
});

let deepMode: Emulator;

beforeEach(async () => {
	deepMode = await startEmulator();
});

afterEach(async () => {
	await deepMode.close();
});

const submits = () => deepMode.requests.filter(({ method }) => method === 'POST');

async function run(ids: string[], setup?: NodeSetup): Promise<Execution> {
	return await execute(
		{ apiKey: deepMode.apiKey, baseUrl: deepMode.url },
		ids.map((id) => ({ id })),
		setup,
	);
}
