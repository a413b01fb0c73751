import { startEmulator } from '../emulator';
import { N8nClient } from '../e2e/harness/client';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { startCluster } from '../system/queue/cluster';
import { toRow, type Row } from './rounds';
import type { BenchServer } from './server';

const ROUNDS = 20;
const EXECUTIONS = 10;
const IMAGES = 50;
const CREDITS = 3;

/** Executions of the same workflow over the same images, started at the same moment on two workers. */
export async function claims({ folder, tarball }: BenchServer): Promise<Row> {
	const deepMode = await startEmulator({ workMs: 3000 });
	const cluster = await startCluster(2, { folder, tarball });
	try {
		const n8n = new N8nClient(cluster.main);
		await n8n.setupOwner();
		const credential = await n8n.createCredential('deepModeApi', 'Bench', {
			apiKey: deepMode.apiKey,
			baseUrl: deepMode.url,
		});
		const round = async () => {
			const ids = deepMode.addImages(IMAGES).map(({ id }) => ({ id }));
			const before = deepMode.spent;
			const workflowId = await n8n.createWorkflow(
				chain(...itemsNodes(ids), deepModeNode(credential)),
			);
			const run = async () =>
				await n8n.waitForExecution(await n8n.run(workflowId), { timeoutMs: 300_000 });
			const executions = await Promise.all(Array.from({ length: EXECUTIONS }, run));
			const done = executions.filter((execution) => execution.items('DeepMode').length === IMAGES);
			return { spent: deepMode.spent - before, done: done.length };
		};

		const rounds: Array<{ spent: number; done: number }> = [];
		for (let count = 0; count < ROUNDS; count += 1) rounds.push(await round());
		const row = toRow('9 claims', 'credits', { ours: rounds.map(({ spent }) => spent) });
		const dearer = rounds.filter(({ spent }) => spent > IMAGES * CREDITS).length;
		const failed = rounds.reduce((sum, { done }) => sum + EXECUTIONS - done, 0);
		const notes = `due: ${IMAGES * CREDITS}; more in ${dearer} of ${ROUNDS} rounds; executions without all images: ${failed}`;
		return { ...row, notes };
	} finally {
		await cluster.stop();
		await deepMode.close();
	}
}
