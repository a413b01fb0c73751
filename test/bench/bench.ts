import { parseArgs } from 'node:util';

import { n8nVersion } from '../e2e/harness/install';
import { callbackFiles } from './callbackFiles';
import { claiming, many, memory, overhead, tail, trigger } from './cases';
import { claims } from './claims';
import { expressions } from './expressions';
import { load } from './load';
import { parked } from './parked';
import { queue } from './queue';
import type { Row } from './rounds';
import { BenchServer } from './server';
import { size } from './size';
import { forgedCalls, largeBodies } from './strangers';

/** What runs only when it is asked for. */
const LONG = new Set(['10', '13']);

/** `npm run bench`: all other cases, or those whose numbers are given; `--json` for machines. */
async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		options: { json: { type: 'boolean', default: false } },
		allowPositionals: true,
	});
	const bench = await BenchServer.start();
	try {
		const cases: Record<string, () => Promise<Row[]>> = {
			1: async () => [
				await overhead(bench),
				await claiming(bench, 200),
				await claiming(bench, 1000),
			],
			2: async () => [await tail(bench)],
			3: async () => [await memory(bench)],
			4: async () => [await trigger(bench, 1), await trigger(bench, 10)],
			5: async () => [await load(bench.folder, bench.tarball)],
			6: async () => await many(bench),
			7: async () => [await queue(bench)],
			8: async () => [await parked(bench)],
			9: async () => [await claims(bench)],
			10: async () => await size(bench),
			11: async () => await expressions(),
			12: async () => await largeBodies(bench),
			13: async () => await forgedCalls(bench),
			14: async () => [await callbackFiles(bench)],
		};
		const rows: Row[] = [];
		for (const [number, run] of Object.entries(cases)) {
			const isWanted = positionals.length > 0 ? positionals.includes(number) : !LONG.has(number);
			if (!isWanted) continue;
			process.stderr.write(`Case ${number}\n`);
			rows.push(...(await run()));
		}
		const versions = { n8n: n8nVersion(), node: process.version };
		process.stdout.write(
			values.json ? `${JSON.stringify({ versions, rows })}\n` : table(versions, rows),
		);
	} finally {
		await bench.stop();
	}
}

function table(versions: Record<string, string>, rows: Row[]): string {
	const cells = (values: Record<string, unknown>) =>
		Object.entries(values)
			.map(([name, value]) => `${name} ${String(value)}`)
			.join('; ');
	return [
		`n8n ${versions.n8n}, Node ${versions.node}`,
		'',
		'| case | measure | medians | lowest to highest | ours by | notes |',
		'| --- | --- | --- | --- | --- | --- |',
		...rows.map(
			(row) =>
				`| ${row.case} | ${row.measure} | ${cells(row.medians)} | ${cells(row.spread)} | ${cells(row.ratios)} | ${row.notes ?? ''} |`,
		),
		'',
	].join('\n');
}

void main();
