import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';

import axios from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';

import { cpuOf } from '../e2e/harness/cpu';
import { finishedImage, signedUrl } from '../shared/signedCallback';
import { chain, node, triggerNode } from '../shared/workflows';
import type { Row } from './rounds';
import { inTurns, round } from './rounds';
import type { BenchServer } from './server';
import { API_KEY } from './server';

const httpAgent = new Agent({ keepAlive: true });
/** n8n, busy with a body, can close an idle connection just as a request is sent over it. */
const fresh = { httpAgent: new Agent({ keepAlive: false }) };

/** How large a body n8n takes, and how large a one the trigger reads, in bytes. */
const SIZES = { '16 MB': 16_000_000, '1 MB': 999_900 };

/** The option of a Webhook node that lets nobody in. */
const NOBODY = { ipWhitelist: '192.0.2.1' };

/** Bodies of about so many bytes, as somebody would send them who wants n8n to stand still. */
function bodies(bytes: number): Record<string, string> {
	const list = (part: string) => `[${filled(`${part},`, bytes - part.length - 2)}${part}]`;
	const image = JSON.stringify(finishedImage('a'));
	const nested = (depth: number): string =>
		depth === 0
			? JSON.stringify('<'.repeat(130))
			: `[${Array(10)
					.fill(nested(depth - 1))
					.join()}]`;
	const deep = (open: string, close: string) => {
		const levels = Math.floor((bytes - 40) / (open.length + close.length));
		return `${open.repeat(levels)}1${close.repeat(levels)}`;
	};
	return {
		images: list(image),
		lists: list('[[]]'),
		'deep objects': deep('{"a":', '}'),
		'deep lists': `{"message":${deep('[', ']')}}`,
		'errors in errors': deep('{"error":', '}'),
		text: JSON.stringify({ message: filled('A long text. ', bytes - 20) }),
		markup: JSON.stringify({ message: filled('<script <', bytes - 20) }),
		'lists of markup': `{"message":${list(nested(2))}}`,
		'numbers as keys': `{${numbers(bytes)}}`,
		'a prototype': `{"__proto__":${deep('{"a":', '}')}}`,
	};
}

const filled = (part: string, length: number) =>
	part.repeat(Math.max(0, Math.floor(length / part.length)));

/** Entries `"0":0,"1":0,…`. */
function numbers(bytes: number): string {
	const entries: string[] = [];
	for (let length = 2; length < bytes - 12; length += (entries.at(-1) ?? '').length + 1) {
		entries.push(`"${entries.length}":0`);
	}
	return entries.join();
}

/** How long n8n takes for a body, and how long it lets its health check wait meanwhile; in ms. */
async function timeOf(bench: BenchServer, url: string, body: string): Promise<[number, number]> {
	let isOver = false;
	let longest = 0;
	const check = async () => {
		while (!isOver) {
			const asked = performance.now();
			await axios.get(`${bench.server.url}/healthz`, fresh);
			longest = Math.max(longest, performance.now() - asked);
		}
	};
	const checked = check();
	const started = performance.now();
	await axios.post(url, body, {
		...fresh,
		headers: { 'content-type': 'application/json' },
		validateStatus: () => true,
	});
	const took = performance.now() - started;
	isOver = true;
	await checked;
	return [took, longest];
}

/** Bodies that nobody needs, at a trigger that lets anybody in, and at a Webhook node beside it. */
export async function largeBodies(bench: BenchServer): Promise<Row[]> {
	const ours = await open(bench, triggerNode(undefined, { authentication: 'none' }), '/deepmode');
	// The Webhook node lets nobody in with the larger ones: to start a workflow with such a body can
	// take n8n minutes, and gigabytes.
	const options = { '16 MB': NOBODY, '1 MB': {} };
	const rows: Row[] = [];
	for (const [size, bytes] of Object.entries(SIZES)) {
		const webhook = (version: number) =>
			webhookNode(version, options[size as keyof typeof options]);
		const targets = {
			ours,
			// As for every trigger but its own newer Webhook node, n8n makes an isolate for each call.
			'webhook 1': await open(bench, webhook(1)),
			'webhook 2': await open(bench, webhook(2)),
		};
		for (const [shape, body] of Object.entries(bodies(bytes))) {
			process.stderr.write(`${shape}, ${size}\n`);
			const checks: Record<string, number> = {};
			const row = await inTurns(
				`12 ${shape}, ${size}`,
				'ms',
				Object.fromEntries(
					Object.entries(targets).map(([name, url]) => [
						name,
						async () => {
							const [took, longest] = await timeOf(bench, url, body);
							checks[name] = Math.max(checks[name] ?? 0, longest);
							return took;
						},
					]),
				),
			);
			const waits = Object.entries(checks).map(([name, longest]) => `${name} ${round(longest)}`);
			rows.push({ ...row, notes: `the longest health check meanwhile: ${waits.join(', ')}` });
		}
	}
	return rows;
}

const CALLS = 1000;
/** Enough to tell what one costs that is not ours. */
const FEWER = 200;
const AT_A_TIME = 20;

/** 1,000 calls without a right a round, while genuine ones come, against n8n's own 404. */
export async function forgedCalls(bench: BenchServer): Promise<Row[]> {
	const url = await open(bench, triggerNode(bench.credential), '/deepmode');
	const forged = (): string => {
		const genuine = new URL(signedUrl(url, API_KEY));
		genuine.searchParams.set('dm_signature', 'a'.repeat(64));
		return genuine.href;
	};
	const refusing = await open(bench, webhookNode(1, NOBODY));
	const contestants: Record<string, { target: () => string; calls: number }> = {
		unsigned: { target: () => url, calls: CALLS },
		altered: { target: forged, calls: CALLS },
		'webhook 1': { target: () => refusing, calls: FEWER },
		"n8n's 404": { target: () => bench.server.webhookUrl(randomUUID()), calls: FEWER },
	};
	const outcomes: Record<string, number> = {};
	const count = (what: string) => (outcomes[what] = (outcomes[what] ?? 0) + 1);
	const perCall: Record<string, () => Promise<number>> = {};
	const rates: Record<string, number[]> = {};
	const cpu = () => cpuOf(bench.server.pid as number);
	for (const [name, { target, calls }] of Object.entries(contestants)) {
		perCall[name] = async () => {
			let isOver = false;
			const genuine = async () => {
				for (let sent = 0; !isOver || sent === 0; sent++) {
					const { status } = await postTo(signedUrl(url, API_KEY));
					count(status === 200 ? 'genuine in' : 'genuine refused');
				}
			};
			const before = cpu();
			const started = performance.now();
			const genuineCalls = genuine();
			await inLanes(calls, async () => {
				if ((await postTo(target())).status === 200) count('forged in');
			});
			isOver = true;
			await genuineCalls;
			(rates[name] ??= []).push((calls / (performance.now() - started)) * 1000);
			return ((cpu() - before) / calls) * 1000;
		};
	}
	const row = await inTurns('13 calls without a right', 'ms of CPU a call', perCall, 9);
	const counted = { 'forged in': 0, 'genuine refused': 0, ...outcomes };
	const notes = [
		...Object.entries(rates).map(
			([name, list]) =>
				`${name}: ${round(list.reduce((sum, rate) => sum + rate) / list.length)} calls a second`,
		),
		...Object.entries(counted).map(([name, number]) => `${name}: ${number}`),
	];
	return [{ ...row, notes: notes.join('; ') }];
}

async function inLanes(calls: number, call: () => Promise<void>): Promise<void> {
	let left = calls;
	const lane = async () => {
		while (left-- > 0) await call();
	};
	await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

async function postTo(url: string) {
	return await axios.post(url, finishedImage('a'), { httpAgent, validateStatus: () => true });
}

function webhookNode(version: number, options: IDataObject): INode {
	const path = randomUUID();
	const parameters = { httpMethod: 'POST', path, options };
	return node('Webhook', 'n8n-nodes-base.webhook', version, parameters, { webhookId: path });
}

/** Activates a trigger, and gives its URL. */
async function open(bench: BenchServer, trigger: INode, below = ''): Promise<string> {
	const path = `${trigger.webhookId}${below}`;
	await bench.n8n.activate(await bench.n8n.createWorkflow(chain(trigger)), path);
	return bench.server.webhookUrl(path);
}
