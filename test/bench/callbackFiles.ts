import { memoryOf } from '../e2e/harness/memory';
import { post } from '../shared/requests';
import { finishedImage, signedUrl } from '../shared/signedCallback';
import { waitFor } from '../shared/waitFor';
import { chain, triggerNode } from '../shared/workflows';
import { keptBy } from './inspector';
import type { Row } from './rounds';
import { round } from './rounds';
import type { BenchServer } from './server';
import { API_KEY } from './server';

const CALLBACKS = 200;

/** 200 callbacks whose files of 1 MB the trigger downloads: what n8n keeps of them in memory. */
export async function callbackFiles(bench: BenchServer): Promise<Row> {
	const trigger = triggerNode(bench.credential, { download: true });
	const path = `${trigger.webhookId}/deepmode`;
	const workflowId = await bench.n8n.createWorkflow(chain(trigger));
	await bench.n8n.activate(workflowId, path);
	const callWith = async (id: string) => {
		const url = signedUrl(bench.server.webhookUrl(path), API_KEY, { imageId: id });
		await post(url, finishedImage(id, { prompt: 'x'.repeat(900_000) }));
	};
	const allEnded = async () =>
		await waitFor(
			'all executions',
			async () =>
				(await bench.n8n.executions({ workflowId, status: ['new', 'running'] })).length === 0,
			{ timeoutMs: 300_000 },
		);
	// n8n loads much when a trigger is called for the first time.
	for (let warm = 0; warm < 10; warm++) await callWith(`mb1-warm${warm}`);
	await allEnded();
	const pid = bench.server.pid as number;
	const before = { kept: await keptBy(bench.server), all: memoryOf(pid) };
	for (let row = 0; row < CALLBACKS; row++) await callWith(`mb1-${row}-0`);
	await allEnded();
	const [last] = await bench.n8n.executions({ workflowId });
	const [item] = (await bench.n8n.execution(last?.id ?? '')).items(trigger.name);
	if (!item?.binary) throw new Error(`No file came: ${JSON.stringify(item)}`);
	const after = { kept: await keptBy(bench.server), all: memoryOf(pid) };
	return {
		case: '14 callbacks with files',
		measure: 'MB kept after a collection',
		medians: { before: round(before.kept), [`after ${CALLBACKS}`]: round(after.kept) },
		spread: {},
		ratios: {},
		notes: `the whole process: ${round(before.all)} and ${round(after.all)} MB`,
	};
}
