import type { IDataObject } from 'n8n-workflow';

import type { WorkflowFile } from '../shared/workflows';
import type { Execution } from '../shared/execution';
import { waitFor } from '../shared/waitFor';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { useWorld } from './world';

const world = useWorld();

const submits = () => world.deepMode.submits.length;
const results = (execution: Execution) =>
	execution.items('DeepMode').map(({ json }) => [json.id, json.upscaled]);
const hints = ({ data }: Execution) =>
	data.resultData.runData.DeepMode?.at(-1)?.hints?.map(({ message }) => message);
const upscaled = (ids: string[]) => ids.map((id) => [id, true]);

const workflow = (ids: string[], parameters: IDataObject = {}): WorkflowFile =>
	chain(...itemsNodes(ids.map((id) => ({ id }))), deepModeNode(world.credential, parameters));

/** Starts a workflow, and waits until it has submitted all its images. */
async function startAndSubmit(
	ids: string[],
	parameters: IDataObject,
): Promise<{ workflowId: string; executionId: string }> {
	const before = submits();
	const workflowId = await world.n8n.createWorkflow(workflow(ids, parameters));
	const executionId = await world.n8n.run(workflowId);
	await waitFor('all submissions', () => submits() === before + ids.length, { everyMs: 20 });
	return { workflowId, executionId };
}

it.each([
	['the same workflow', true],
	['another workflow', false],
])(
	'two executions at once, of %s: each image is paid once, and both get all',
	async (_, isSame) => {
		const ids = world.deepMode.addImageIds(40);
		const parameters = { options: { maxConcurrency: 50 } };
		const spent = world.deepMode.spent;
		world.deepMode.workMs = 4000;

		const { workflowId, executionId } = await startAndSubmit(ids, parameters);
		const second = isSame ? workflowId : await world.n8n.createWorkflow(workflow(ids, parameters));
		const again = await world.n8n.run(second);
		const both = [
			await world.n8n.waitForExecution(executionId),
			await world.n8n.waitForExecution(again),
		];

		expect(both.map(results)).toEqual([upscaled(ids), upscaled(ids)]);
		expect(world.deepMode.spent - spent).toBe(120);
	},
);

it('handed over and run again before it is done: it says that they are in work, for free', async () => {
	const ids = world.deepMode.addImageIds(20);
	const callbackUrl = 'https://n8n.example.com/webhook/1/deepmode';
	const spent = world.deepMode.spent;
	world.deepMode.workMs = 8000;

	const { workflowId, executionId } = await startAndSubmit(ids, { mode: 'async', callbackUrl });
	await world.n8n.waitForExecution(executionId);
	const again = await world.n8n.waitForExecution(await world.n8n.run(workflowId));

	expect(again.items('DeepMode').map(({ json }) => [json.image_id, json.accepted])).toEqual(
		ids.map((id) => [id, 'earlier']),
	);
	expect(hints(again)).toEqual(['20 were in work already (60 credits saved)']);
	expect(world.deepMode.spent - spent).toBe(60);
});

it('n8n killed, started, and the workflow run again at once: what is in work is waited for', async () => {
	const ids = world.deepMode.addImageIds(30);
	const spent = world.deepMode.spent;
	world.deepMode.workMs = 40_000;

	const { workflowId } = await startAndSubmit(ids, { options: { maxConcurrency: 30 } });
	await world.server.kill();
	await world.server.start();
	await world.n8n.login();
	const again = await world.n8n.waitForExecution(await world.n8n.run(workflowId));

	expect(results(again)).toEqual(upscaled(ids));
	expect(world.deepMode.spent - spent).toBe(90);
	expect(hints(again)).toEqual(['30 were in work already (90 credits saved)']);
}, 180_000);

it('Retry of a failed execution waits for what was open there, and submits nothing', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 8000;
	world.deepMode.fault(id, { cut: 'after' });
	const parameters = { options: { timeout: 6 } };

	const { executionId } = await startAndSubmit([id], parameters);
	const failed = await world.n8n.waitForExecution(executionId);
	const retried = await world.n8n.waitForExecution(await world.n8n.retry(executionId));

	expect(failed.error?.message).toMatch(/^It is not known whether/);
	expect(results(retried)).toEqual([[id, true]]);
	expect(world.deepMode.charges(id)).toHaveLength(1);
});
