import type { INode } from 'n8n-workflow';

import { waitFor } from '../shared/waitFor';
import {
	chain,
	deepModeNode,
	itemsNodes,
	node,
	startNode,
	THREE_TRIES,
	to,
} from '../shared/workflows';
import { useWorld } from './world';

const world = useWorld();

const workflow = (ids: string[], parameters: INode['parameters'] = {}, settings = {}) =>
	chain(
		...itemsNodes(ids.map((id) => ({ id }))),
		deepModeNode(world.credential, parameters, settings),
	);

it('n8n killed in the middle of 100 upscales, and run again: 100 results, 300 credits', async () => {
	const ids = world.deepMode.addImageIds(100);
	const workflowId = await world.n8n.createWorkflow(
		workflow(ids, { options: { maxConcurrency: 20 } }),
	);
	const spentBefore = world.deepMode.spent;
	const submitsBefore = world.deepMode.submits.length;
	world.deepMode.workMs = 4000;

	await world.n8n.run(workflowId);
	// All lanes are at their second image: what a crash leaves claimed and not sent is another matter.
	await waitFor('40 upscales', () => world.deepMode.submits.length >= submitsBefore + 40, {
		everyMs: 20,
	});
	await world.server.kill();
	await world.deepMode.settled();
	expect(world.deepMode.spent - spentBefore).toBeLessThan(300);
	await world.server.start();
	await world.n8n.login();
	const again = await world.n8n.waitForExecution(await world.n8n.run(workflowId));

	expect(again.items('DeepMode').map(({ json }) => [json.id, json.upscaled])).toEqual(
		ids.map((id) => [id, true]),
	);
	expect(world.deepMode.spent - spentBefore).toBe(300);
}, 300_000);

it.each([
	['sync', {}],
	['async', { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' }],
])('Retry On Fail, three tries, in mode %s: what succeeds is paid once', async (_, parameters) => {
	const ids = world.deepMode.addImageIds(20);

	const execution = await world.n8n.runAndWait(
		workflow(
			[...ids.slice(0, 10), 'no-such-image', ...ids.slice(10)],
			{ ...parameters, options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 20 } } as never,
			{ ...THREE_TRIES, waitBetweenTries: 100 },
		),
	);

	expect(execution.status).toBe('error');
	expect(execution.error?.message).toContain('no-such-image');
	expect(Math.max(...ids.map((id) => world.deepMode.charges(id).length))).toBe(1);
	const failing = world.deepMode.submits.filter(({ body }) =>
		JSON.stringify(body).includes('no-such-image'),
	);
	expect(failing.length).toBeGreaterThanOrEqual(3);
});

it('Stop in the middle of a batch: no request starts after a second', async () => {
	const ids = world.deepMode.addImageIds(100);
	world.deepMode.workMs = 2000;
	const before = world.deepMode.submits.length;
	const workflowId = await world.n8n.createWorkflow(
		workflow(ids, { options: { maxConcurrency: 5 } }),
	);

	const executionId = await world.n8n.run(workflowId);
	await waitFor('ten upscales', () => world.deepMode.submits.length >= before + 10, {
		everyMs: 20,
	});
	await world.n8n.stopExecution(executionId);
	const stoppedAt = Date.now();
	await world.deepMode.settled();

	expect((await world.n8n.execution(executionId)).status).toBe('canceled');
	expect(world.deepMode.requests.filter(({ at }) => at > stoppedAt + 1000)).toEqual([]);
	expect(world.deepMode.submits.length - before).toBeLessThanOrEqual(15);
});

it('shows what a run cost and saved', async () => {
	const ids = [
		...world.deepMode.addImages(2),
		...world.deepMode.addImages(3, { upscaled: true }),
	].map(({ id }) => id);

	const execution = await world.n8n.runAndWait(workflow(ids));

	expect(execution.raw).toContain(
		'2 upscaled (6 credits), 3 were upscaled already (9 credits saved)',
	);
});

it.each([
	['Upscale Again', { ifUpscaled: 'upscaleAgain', timeout: 4 }],
	['Return Existing Image', { timeout: 1 }],
])('as an AI tool with Retry On Fail and %s, a lost answer is paid once', async (_, options) => {
	const { id } = world.deepMode.addImage();
	world.deepMode.workMs = 10_000;
	world.deepMode.fault(id, { cut: 'after', times: Infinity });
	const tool = {
		...deepModeNode(
			world.credential,
			{ imageId: "={{ $fromAI('Image_ID', 'the image', 'string') }}", options },
			THREE_TRIES,
		),
		type: 'n8n-nodes-deepmode.deepModeTool',
	};
	const agent = node('Agent', '@n8n/n8n-nodes-langchain.toolExecutor', 1, {
		query: JSON.stringify({ DeepMode: { Image_ID: id } }),
		toolName: '',
	});
	const withTool = chain(startNode(), agent);
	withTool.nodes.push(tool);
	withTool.connections.DeepMode = { ai_tool: [[to('Agent', 'ai_tool')]] };

	await world.n8n.runAndWait(withTool);

	expect(world.deepMode.charges(id)).toHaveLength(1);
	expect(
		world.deepMode.requests.filter(({ body }) => JSON.stringify(body)?.includes(id)),
	).toHaveLength(1);
});

it('Retry of a whole execution, by hand, pays nothing again and gives fresh addresses', async () => {
	const ids = world.deepMode.addImageIds(3);
	const failing = workflow(
		[...ids, 'no-such-image'],
		{ options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 20 } } as never,
		{ ...THREE_TRIES, maxTries: 2 },
	);
	const executionId = await world.n8n.run(await world.n8n.createWorkflow(failing));
	await world.n8n.waitForExecution(executionId);
	world.deepMode.addImage({ id: 'no-such-image' });

	const retried = await world.n8n.waitForExecution(await world.n8n.retry(executionId));

	expect(retried.items('DeepMode').map(({ json }) => json.id)).toEqual([...ids, 'no-such-image']);
	expect(ids.map((id) => world.deepMode.charges(id).length)).toEqual([1, 1, 1]);
});
