import { setTimeout as sleep } from 'node:timers/promises';

import { cpuOf } from '../e2e/harness/cpu';
import { node } from '../shared/workflows';
import { CALLS, images, rate, triggers } from './cases';
import type { Row } from './rounds';
import { toRow } from './rounds';
import { BenchServer } from './server';

/** n8n's settings for expressions: what each is compared with comes first. */
const SETTINGS: Record<string, Record<string, string>> = {
	'as n8n comes': {},
	lazy: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
	'compile cache': { N8N_EXPRESSION_ENGINE_COMPILE_CACHE: 'true' },
	'lazy, compile cache': {
		N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
		N8N_EXPRESSION_ENGINE_COMPILE_CACHE: 'true',
	},
	'pool of 4': { N8N_EXPRESSION_ENGINE_POOL_SIZE: '4' },
};

const ITEMS = 2000;
/** n8n makes the next isolate ahead, when it has answered; in milliseconds. */
const AFTERWARDS = 1000;

/** What n8n's settings for expressions change, in CPU time: an n8n of its own for each. */
export async function expressions(): Promise<Row[]> {
	const measures: Record<string, Record<string, number[]>> = {};
	for (const [setting, env] of Object.entries(SETTINGS)) {
		for (const [measure, value] of Object.entries(await measureWith(env))) {
			(measures[measure] ??= {})[setting] = [value];
		}
	}
	return Object.entries(measures).map(([measure, settings]) =>
		toRow(`11 expressions: ${measure}`, 'ms of CPU', settings),
	);
}

async function measureWith(env: Record<string, string>): Promise<Record<string, number>> {
	const bench = await BenchServer.start(env);
	try {
		const { ours, guarded, open } = await triggers(bench);
		const call = async (callee: typeof ours) =>
			await cpuFor(bench, CALLS, async () => await rate(callee, 1));
		const read = node('DeepMode', 'n8n-nodes-base.set', 3.4, {
			assignments: {
				assignments: [{ id: '1', name: 'imageId', type: 'string', value: '={{ $json.id }}' }],
			},
			options: {},
		});
		// The first of each warms up.
		for (const callee of [ours, guarded, open]) await rate(callee, 1);
		return {
			'a callback': await call(ours),
			'a call of Webhook with Basic Auth': await call(guarded),
			'a call of Webhook': await call(open),
			'an item of Edit Fields': await cpuFor(
				bench,
				ITEMS,
				async () => await bench.timeOf(images(ITEMS), read),
			),
		};
	} finally {
		await bench.stop();
	}
}

/** @returns n8n's CPU time for each of so many, in milliseconds */
async function cpuFor(
	{ server }: BenchServer,
	count: number,
	work: () => Promise<unknown>,
): Promise<number> {
	const pid = server.pid as number;
	const before = cpuOf(pid);
	await work();
	await sleep(AFTERWARDS);
	return ((cpuOf(pid) - before) * 1000) / count;
}
