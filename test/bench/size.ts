import type { IDataObject, INode } from 'n8n-workflow';

import { deepModeNode, node } from '../shared/workflows';
import { images } from './cases';
import type { Row } from './rounds';
import { round } from './rounds';
import type { BenchServer } from './server';

const ITEMS = 50_000;
/** What n8n's own nodes do with more than that is not worth the time. */
const FEWER = 10_000;

/**
 * Many items in one run: how long n8n is kept from all else, what memory it takes, and how long it
 * takes against half of them; beside a node of n8n's own that reads as many expressions.
 */
export async function size(bench: BenchServer): Promise<Row[]> {
	const id = '={{ $json.id }}';
	const context = '={{ { "row": $json.row, "customer": $json.customer } }}';
	const callbackUrl = '={{ "https://n8n.example.com/webhook/1/deepmode?row=" + $json.row }}';
	const ours = (parameters: IDataObject) => deepModeNode(bench.credential, parameters);
	const editFields = node('DeepMode', 'n8n-nodes-base.set', 3.4, {
		assignments: { assignments: [{ id: '1', name: 'imageId', type: 'string', value: id }] },
		options: {},
	});
	return [
		await measure(bench, 'Edit Fields', FEWER, editFields),
		await measure(bench, 'Get Image', FEWER, ours({ operation: 'get' })),
		await measure(bench, 'Get Image', ITEMS, ours({ operation: 'get' })),
		await measure(bench, 'waited for', ITEMS, ours({})),
		await measure(bench, 'handed over', ITEMS, ours({ mode: 'async', callbackUrl, context })),
	];
}

async function measure(
	bench: BenchServer,
	name: string,
	count: number,
	contestant: INode,
): Promise<Row> {
	const half = await bench.watchedRun(itemsOf(name, count / 2), contestant);
	let whole = half;
	const growth = await bench.peakGrowth(async () => {
		whole = await bench.watchedRun(itemsOf(name, count), contestant);
	});
	const longest = (measure: 'longestTurn' | 'longestOwn') =>
		round(Math.max(whole[measure], half[measure]));
	const ofAll = round(whole.executionTime);
	const ofHalf = round(half.executionTime);
	return {
		case: `10 size: ${name}, ${count} items`,
		measure: 'ms in all',
		medians: { all: ofAll, half: ofHalf },
		spread: {},
		ratios: { half: round(ofAll / ofHalf) },
		notes: `longest turn: ${longest('longestTurn')} ms, ${longest('longestOwn')} without garbage collection; n8n's CPU in seconds: ${round(whole.cpu)}, half: ${round(half.cpu)}; memory at the peak: ${round(growth)} MB more`,
	};
}

/** Images that are not upscaled yet, with what belongs to them. */
function itemsOf(name: string, count: number): IDataObject[] {
	return images(count).map(({ id }, row) => ({
		id: `new-${name}-${count}-${id}`,
		row,
		customer: `Customer ${row}, ${'x'.repeat(100)}`,
	}));
}
