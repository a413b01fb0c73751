import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';

import axios, { type AxiosBasicCredentials } from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';

import { finishedImage, signedUrl } from '../shared/signedCallback';
import { chain, deepModeNode, node, triggerNode, using } from '../shared/workflows';
import type { Row } from './rounds';
import { inTurns, round } from './rounds';
import type { BenchServer } from './server';
import { API_KEY } from './server';

export const images = (count: number, milliseconds: (row: number) => number = () => 0) =>
	Array.from({ length: count }, (_, row) => ({ id: `image${row}-${milliseconds(row)}` }));

const ours = (bench: BenchServer, options: IDataObject = {}, parameters: IDataObject = {}): INode =>
	deepModeNode(bench.credential, {
		...parameters,
		options: { ifUpscaled: 'upscaleAgain', ...options },
	});

const httpRequest = (bench: BenchServer, options: IDataObject = {}): INode =>
	node(
		'DeepMode',
		'n8n-nodes-base.httpRequest',
		4.2,
		{
			method: 'POST',
			url: `${bench.apiUrl}/api/images/upscale`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'deepModeApi',
			sendBody: true,
			bodyParameters: { parameters: [{ name: 'image_id', value: '={{ $json.id }}' }] },
			options,
		},
		using(bench.credential),
	);

const bareLoop = (bench: BenchServer, lanes: number): INode =>
	node(
		'DeepMode',
		'n8n-nodes-bench.bareLoop',
		1,
		{ imageId: '={{ $json.id }}', lanes },
		using(bench.credential),
	);

/** 200 images, the API answering at once, ten in flight. */
export async function overhead(bench: BenchServer): Promise<Row> {
	const items = images(200);
	const perItem = async (contestant: INode) =>
		(await bench.timeOf(items, contestant)) / items.length;
	return await inTurns('1 overhead', 'ms an item', {
		ours: async () => await perItem(ours(bench)),
		httpRequest: async () => await perItem(httpRequest(bench)),
		bareLoop: async () => await perItem(bareLoop(bench, 10)),
	});
}

/** Images that are not upscaled yet, so many times, the API answering at once, ten in flight. */
export async function claiming(bench: BenchServer, count: number): Promise<Row> {
	const perItem = async (name: string) => {
		const items = images(count).map(({ id }) => ({ id: `new-${randomUUID()}-${id}` }));
		const contestant = { ...deepModeNode(bench.credential), type: `n8n-nodes-${name}` };
		return (await bench.timeOf(items, contestant)) / count;
	};
	return await inTurns(`1 first run, ${count} images`, 'ms an item', {
		ours: async () => await perItem('deepmode.deepMode'),
		'without claims': async () => await perItem('bench.withoutClaims'),
	});
}

/** 200 images of 200 ms, every tenth 800 ms, 50 in flight. */
export async function tail(bench: BenchServer): Promise<Row> {
	const lanes = 50;
	const workOf = (row: number) => (row % 10 === 0 ? 800 : 200);
	const items = images(200, workOf);
	const inFlight: Record<string, number> = {};
	const timed = async (name: string, contestant: INode) => {
		await bench.apiStats();
		const time = await bench.timeOf(items, contestant);
		inFlight[name] = Math.max(inFlight[name] ?? 0, (await bench.apiStats()).most);
		return time;
	};
	const batching = { batching: { batch: { batchSize: lanes, batchInterval: 1000 } } };
	const row = await inTurns('2 tail', 'ms in all', {
		ours: async () => await timed('ours', ours(bench, { maxConcurrency: lanes })),
		'httpRequest, 50 a second': async () =>
			await timed('httpRequest, 50 a second', httpRequest(bench, batching)),
		'httpRequest, all at once': async () =>
			await timed('httpRequest, all at once', httpRequest(bench)),
		bareLoop: async () => await timed('bareLoop', bareLoop(bench, lanes)),
		'lanes that are never idle': async () =>
			neverIdle(
				items.map((_, row) => workOf(row)),
				lanes,
			),
	});
	const flights = Object.entries(inFlight).map(([name, most]) => `${name}: ${most}`);
	return { ...row, notes: `most in flight: ${flights.join('; ')}` };
}

/** How long it takes at least, where each starts in this order as soon as a lane is free. */
function neverIdle(times: number[], lanes: number): number {
	const freeAt: number[] = Array(lanes).fill(0);
	for (const time of times) {
		const next = freeAt.indexOf(Math.min(...freeAt));
		freeAt[next] = (freeAt[next] ?? 0) + time;
	}
	return Math.max(...freeAt);
}

/** 40 downloads of 25 MB. */
export async function memory(bench: BenchServer): Promise<Row> {
	const items = images(40);
	const growth = async (contestant: INode) =>
		await bench.peakGrowth(async () => await bench.timeOf(items, contestant));
	const download = { operation: 'get', download: true };
	const file = node('DeepMode', 'n8n-nodes-base.httpRequest', 4.2, {
		url: `${bench.apiUrl}/file?mb=25`,
		options: { response: { response: { responseFormat: 'file' } } },
	});
	return await inTurns('3 memory', 'MB at the peak', {
		ours: async () => await growth(deepModeNode(bench.credential, download)),
		httpRequest: async () => await growth(file),
	});
}

const BASIC = { user: 'bench', password: 'bench' };

/** Calls a second that a trigger answers, so many at a time. */
export async function trigger(bench: BenchServer, atATime: number): Promise<Row> {
	const { ours, guarded, open } = await triggers(bench);
	return await inTurns(`4 trigger, ${atATime} at a time`, 'calls a second', {
		ours: async () => await rate(ours, atATime),
		'webhook, Basic Auth': async () => await rate(guarded, atATime),
		webhook: async () => await rate(open, atATime),
	});
}

/** How to call a trigger. */
interface Callee {
	/** The address of the next call. */
	url: () => string;
	auth?: AxiosBasicCredentials;
}

/** Ours, and n8n's Webhook node with its Basic Auth and with none. */
export async function triggers(
	bench: BenchServer,
): Promise<Record<'ours' | 'guarded' | 'open', Callee>> {
	const ids = { ours: randomUUID(), webhook: randomUUID(), guarded: randomUUID() };
	const activate = async (trigger: INode, path: string) =>
		await bench.n8n.activate(await bench.n8n.createWorkflow(chain(trigger)), path);
	await activate(
		triggerNode(bench.credential, {}, { webhookId: ids.ours }),
		`${ids.ours}/deepmode`,
	);
	const webhook = (path: string, parameters: IDataObject = {}, settings: Partial<INode> = {}) =>
		node(
			'Webhook',
			'n8n-nodes-base.webhook',
			2,
			{ httpMethod: 'POST', path, options: {}, ...parameters },
			{ webhookId: path, ...settings },
		);
	await activate(webhook(ids.webhook), ids.webhook);
	const basic = await bench.n8n.createCredential('httpBasicAuth', 'Basic', BASIC);
	const guarded = webhook(ids.guarded, { authentication: 'basicAuth' }, using(basic));
	await activate(guarded, ids.guarded);
	const own = bench.server.webhookUrl(`${ids.ours}/deepmode`);
	return {
		ours: { url: () => signedUrl(own, API_KEY) },
		guarded: {
			url: () => bench.server.webhookUrl(ids.guarded),
			auth: { username: BASIC.user, password: BASIC.password },
		},
		open: { url: () => bench.server.webhookUrl(ids.webhook) },
	};
}

/** How often each is called in a round. */
export const CALLS = 100;

/** @returns calls a second */
export async function rate({ url, auth }: Callee, atATime: number): Promise<number> {
	const urls = Array.from({ length: CALLS }, url);
	const httpAgent = new Agent({ keepAlive: true, maxSockets: atATime });
	const started = performance.now();
	const queue = urls.values();
	const lane = async () => {
		for (const target of queue) await axios.post(target, finishedImage('a'), { httpAgent, auth });
	};
	await Promise.all(Array.from({ length: atATime }, lane));
	const seconds = (performance.now() - started) / 1000;
	httpAgent.destroy();
	return urls.length / seconds;
}

/** What n8n remembers for a node at the most. */
const FULL = 100_000;

/** 10,000 images in one run: does it take longer the more there are? */
export async function many(bench: BenchServer): Promise<Row[]> {
	const fresh = (row: string) => images(10_000).map(({ id }) => ({ id: `new-${row}-${id}` }));
	const first = { ifUpscaled: 'returnExisting' };
	const async = { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' };
	return [
		await halves(bench, '6 10,000 items', images(10_000), ours(bench)),
		await halves(bench, '6 first run', fresh('sync'), ours(bench, first), FULL),
		await halves(bench, '6 handed over', fresh('async'), ours(bench, first, async), FULL),
	];
}

/** The second half of the submissions against the first. */
async function halves(
	bench: BenchServer,
	name: string,
	items: IDataObject[],
	contestant: INode,
	entries = 0,
): Promise<Row> {
	await bench.apiStats();
	await bench.timeOf(items, contestant, entries);
	const { times, most } = await bench.apiStats();
	// A run asks for the balance, too.
	const middle = Math.floor(times.length / 2);
	const half = (from: number, to: number) => (times[to] ?? NaN) - (times[from] ?? NaN);
	const first = half(0, middle - 1);
	const second = half(middle, times.length - 1);
	return {
		case: name,
		measure: 'ms for 5,000',
		medians: { ours: second, 'first 5,000': first },
		spread: {},
		ratios: { 'first 5,000': round(second / first) },
		notes: `most in flight: ${most}`,
	};
}
