import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';

import type { IDataObject, INode } from 'n8n-workflow';

import type { Fault } from '../emulator';
import { post } from '../shared/requests';
import { finishedImage, signedUrl } from '../shared/signedCallback';
import type { StoredCredential } from '../shared/workflows';
import { chain, deepModeNode, GOING_ON, itemsNodes, node, using } from '../shared/workflows';
import { activeTrigger } from './activeTrigger';
import { startN8n } from './harness/server';
import { useWorld } from './world';

const world = useWorld(
	async () =>
		await startN8n({
			env: { N8N_LOG_LEVEL: 'debug', N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
		}),
);

/** Letters and digits look the same however a text is escaped, base64 excepted. */
const SECRET = 'Secret0123456789ofTheAccountThatPays';
/** What is escaped everywhere, and the secret. */
const KEY = `dm/live"&<'+${SECRET}==`;
const HEADER = `Bearer ${KEY}`;

const html = (text: string) =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const base64 = (text: string) => Buffer.from(text).toString('base64');

let account: StoredCredential;
beforeAll(async () => {
	world.deepMode.apiKey = KEY;
	account = await world.n8n.createCredential('deepModeApi', 'Key', world.deepMode.credentials);
});

/** A secret as it is, and as base64 has it behind any other bytes. */
function spellings(secret: string): string[] {
	const inBase64 = ['', '.', '..'].map((before) => base64(before + secret).slice(4, 28));
	return [secret, ...inBase64];
}

/** Where a secret is: files of n8n's, its log, and what DeepMode got beside the Authorization header. */
function placesOf(secret: string): string[] {
	const folder = join(world.server.userFolder, '.n8n');
	const files = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name));
	const { requests, fileRequests, callbacks } = world.deepMode;
	const received = requests.map(({ path, body, headers }) => ({
		path,
		body,
		headers: { ...headers, authorization: undefined },
	}));
	const texts: Array<[string, () => string]> = [
		...files.map((file): [string, () => string] => [
			file.slice(folder.length + 1).replace(/\d+/g, 'N'),
			() => readFileSync(file, 'latin1'),
		]),
		['log', () => world.server.log()],
		['DeepMode', () => JSON.stringify([received, fileRequests, callbacks])],
	];
	const found = texts.filter(([, read]) => {
		const text = read();
		return spellings(secret).some((spelling) => text.includes(spelling));
	});
	return [...new Set(found.map(([place]) => place))].sort();
}

/** Answers that say no, and repeat the key. */
const REFUSALS: Record<string, Fault> = {
	'as it is': { status: 400, body: `You sent ${HEADER}` },
	'in JSON': { status: 422, body: { detail: [{ loc: ['header', KEY], msg: HEADER }], [KEY]: 1 } },
	'in a URL': { status: 403, body: `See /login?${encodeURIComponent(HEADER)}` },
	'in HTML': { status: 409, contentType: 'text/html', body: `<p>You sent ${html(HEADER)}</p>` },
	'in base64': { status: 400, body: { message: `You sent ${base64(HEADER)}` } },
	'in a redirect': {
		status: 302,
		headers: { location: `https://example.com/?${encodeURIComponent(HEADER)}` },
	},
	'to a stranger': { status: 401, body: { message: `Nobody has the key ${KEY}` } },
};

/** Answers, and ends, that leave open what happened. */
const UNCLEAR: Record<string, Fault> = {
	'of a server that fails': { status: 500, body: `Bearer ${KEY}`, times: Infinity },
	'on a page': {
		status: 200,
		contentType: 'text/html',
		body: `<p>${html(HEADER)}</p>`,
		times: Infinity,
	},
	cut: { cut: 'before', times: Infinity },
};

const callBack = { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' };

/** Runs a node once for each fault of a request, all at once, and gives what n8n has of it. */
async function runAll(
	on: NonNullable<Extract<Fault, { on?: unknown }>['on']>,
	parameters: IDataObject,
	faults: Record<string, Fault>,
): Promise<string[]> {
	return await Promise.all(
		Object.values(faults).map(async (fault) => {
			const id = on === 'generate' ? world.deepMode.addModel() : world.deepMode.addImage().id;
			world.deepMode.fault(on === 'balance' ? '*' : id, { ...fault, on } as Fault);
			const { status, raw } = await world.n8n.runAndWait(
				chain(
					...itemsNodes([{ id }]),
					deepModeNode(account, { options: { timeout: 10 }, ...parameters }),
				),
			);
			expect(status).toBe('error');
			return raw;
		}),
	);
}

describe('the API key, repeated by DeepMode in every way, is nowhere', () => {
	it.each([
		['upscale', 'Wait for the Result', {}, { ...REFUSALS, ...UNCLEAR }],
		['retrieve', 'a look', {}, { ...REFUSALS, ...UNCLEAR }],
		['upscale', 'Call Back', callBack, REFUSALS],
		['upscale', 'Pause Until Called Back', { mode: 'pause' }, REFUSALS],
		[
			'generate',
			'Generate Image',
			{ operation: 'generate', modelId: '={{ $json.id }}', prompt: 'a cat' },
			{ ...REFUSALS, ...UNCLEAR },
		],
		['retrieve', 'Get Image', { operation: 'get' }, { ...REFUSALS, ...UNCLEAR }],
		['balance', 'Get Balance', { resource: 'account', operation: 'getBalance' }, REFUSALS],
	] as const)('%s: %s', async (on, _, parameters, faults) => {
		const executions = await runAll(on, parameters, faults);

		expect(executions.filter((raw) => raw.includes('***')).length).toBeGreaterThanOrEqual(5);
		expect(placesOf(SECRET)).toEqual([]);
	});

	it('a look at a paused execution', async () => {
		const ids = Object.values(REFUSALS).map((fault) => {
			const { id } = world.deepMode.addImage();
			world.deepMode.fault(id, { on: 'retrieve', delayMs: 0 });
			// One of the statuses that end an image while it is parked.
			world.deepMode.fault(id, { ...fault, on: 'retrieve', status: 403, times: Infinity } as Fault);
			return id;
		});

		const { raw } = await world.n8n.runAndWait(
			chain(
				...itemsNodes(ids.map((id) => ({ id }))),
				deepModeNode(account, { mode: 'pause' }, GOING_ON),
			),
		);

		expect(raw).toContain('***');
		expect(placesOf(SECRET)).toEqual([]);
	});

	it('a refetch of the trigger', async () => {
		const trigger = await activeTrigger(
			{ ...world, credential: account },
			{ options: { refetch: true } },
		);
		for (const fault of Object.values(REFUSALS)) {
			const { id } = world.deepMode.addImage();
			world.deepMode.fault(id, { ...fault, on: 'retrieve' } as Fault);
			await post(signedUrl(trigger.url, KEY, { imageId: id }), finishedImage(id));
		}

		expect(await trigger.runs(Object.keys(REFUSALS).length)).toBeDefined();
		expect(placesOf(SECRET)).toEqual([]);
	});

	it('the credential test', async () => {
		for (const fault of Object.values({ ...REFUSALS, ...UNCLEAR })) {
			world.deepMode.fault('*', { ...fault, on: 'balance', times: Infinity } as Fault);
			const verdict = await world.n8n.testCredential(account);
			world.deepMode.clearFaults();
			expect(verdict).toMatchObject({ status: 'Error' });
		}

		expect(placesOf(SECRET)).toEqual([]);
	});
});

describe('the API key in an HTTP Request node', () => {
	/** All that somebody was sent. */
	const received: Buffer[] = [];
	let stranger: Server;
	let elsewhere: string;

	beforeAll(async () => {
		stranger = createServer((socket) => {
			socket.on('data', (data) => received.push(data)).on('error', () => {});
			socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
		}).listen(0, '127.0.0.1');
		await once(stranger, 'listening');
		elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
	});

	afterAll(() => stranger.close());

	const request = (url: string, options: IDataObject = {}): INode =>
		node(
			'HTTP Request',
			'n8n-nodes-base.httpRequest',
			4.2,
			{
				url,
				authentication: 'predefinedCredentialType',
				nodeCredentialType: 'deepModeApi',
				options,
			},
			using(account),
		);

	it.each([
		['another address', () => request(elsewhere)],
		['a proxy', () => request(`${world.deepMode.url}/api/check-balance`, { proxy: elsewhere })],
		[
			'a proxy, without TLS checks',
			() =>
				request(`${world.deepMode.url}/api/check-balance`, {
					proxy: elsewhere,
					allowUnauthorizedCerts: true,
				}),
		],
		[
			'a redirect',
			() => {
				const location = `${elsewhere}/`;
				world.deepMode.fault('*', { on: 'balance', status: 302, headers: { location } });
				return request(`${world.deepMode.url}/api/check-balance`);
			},
		],
	])('is not told to %s, and is nowhere', async (_, make) => {
		await world.n8n.runAndWait(chain(...itemsNodes([{}]), make()));

		const heard = Buffer.concat(received).toString();
		expect(spellings(SECRET).filter((spelling) => heard.includes(spelling))).toEqual([]);
		expect(placesOf(SECRET)).toEqual([]);
	});
});

it.each([
	['as it is', (text: string) => text],
	['in JSON', JSON.stringify],
	['in a URL', encodeURIComponent],
	['in HTML', html],
	['in base64', base64],
])('a secret that was put there is found, %s', async (name, spell) => {
	const secret = `${name.replace(/\W/g, '')}0123456789NotTheOneOfTheAccount`;
	const text = spell(`Bearer dm/live"&<'+${secret}==`);
	expect(placesOf(secret)).toEqual([]);

	await world.n8n.runAndWait(
		chain(
			...itemsNodes([{ text }]),
			node('File', 'n8n-nodes-base.convertToFile', 1.1, {
				operation: 'toText',
				sourceProperty: 'text',
				options: {},
			}),
			deepModeNode(
				account,
				{ operation: 'get', imageId: `x${encodeURIComponent(text)}` },
				GOING_ON,
			),
		),
	);
	await post(`${world.server.url}/webhook/${encodeURIComponent(text)}`);

	expect(placesOf(secret)).toEqual([
		'DeepMode',
		expect.stringMatching('^database.sqlite'),
		'log',
		expect.stringMatching('^storage/'),
	]);
});
