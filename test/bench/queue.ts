import { N8nClient } from '../e2e/harness/client';
import { waitFor } from '../shared/waitFor';
import type { WorkflowFile } from '../shared/workflows';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { startCluster } from '../system/queue/cluster';
import { toRow, type Row } from './rounds';
import { API_KEY, type BenchServer } from './server';

const EXECUTIONS = 40;
const IMAGES = 20;
const MILLISECONDS = 5000;
const ROUNDS = 3;

/** The same executions with two workers and with one; n8n gives each worker ten at a time. */
export async function queue({ folder, tarball, apiUrl }: BenchServer): Promise<Row> {
	const cluster = await startCluster(2, { folder, tarball });
	try {
		const n8n = new N8nClient(cluster.main);
		await n8n.setupOwner();
		const data = { apiKey: API_KEY, baseUrl: apiUrl };
		const credential = await n8n.createCredential('deepModeApi', 'Bench', data);
		const ids = Array.from({ length: IMAGES }, (_, row) => ({ id: `image${row}-${MILLISECONDS}` }));
		const ours = deepModeNode(credential, { options: { ifUpscaled: 'upscaleAgain' } });
		const workflow = chain(...itemsNodes(ids), ours);

		const two = await rates(n8n, workflow);
		await cluster.workers[1]?.stop();
		const one = await rates(n8n, workflow);
		const measures = { 'two workers': two, 'one worker': one };
		return toRow('7 queue mode', 'executions a second', measures);
	} finally {
		await cluster.stop();
	}
}

/** One round more than is counted warms up. */
async function rates(n8n: N8nClient, workflow: WorkflowFile): Promise<number[]> {
	const measured: number[] = [];
	for (let count = 0; count <= ROUNDS; count++) measured.push(await rate(n8n, workflow));
	return measured.slice(1);
}

/** Executions a second, from the first start to the last end. */
async function rate(n8n: N8nClient, workflow: WorkflowFile): Promise<number> {
	const workflowId = await n8n.createWorkflow(workflow);
	const started = performance.now();
	await Promise.all(Array.from({ length: EXECUTIONS }, async () => await n8n.run(workflowId)));
	await waitFor(
		`${EXECUTIONS} executions`,
		async () => (await n8n.executions({ workflowId, status: ['success'] })).length === EXECUTIONS,
		{ timeoutMs: 300_000 },
	);
	return (EXECUTIONS * 1000) / (performance.now() - started);
}
