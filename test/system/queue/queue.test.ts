import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import axios from 'axios';
import type { IBinaryData, IDataObject, INode } from 'n8n-workflow';

import { activeTrigger } from '../../e2e/activeTrigger';
import type { N8nProcess } from '../../e2e/harness/process';
import { pausingWebhook, wentOn } from '../../e2e/pausedCallers';
import { useWorld } from '../../e2e/world';
import type { Execution } from '../../shared/execution';
import { fetchFile, post } from '../../shared/requests';
import { finishedImage, signedUrl } from '../../shared/signedCallback';
import { waitFor } from '../../shared/waitFor';
import { chain, deepModeNode, itemsNodes, node } from '../../shared/workflows';
import { startCluster, type QueueCluster } from './cluster';
import { countedInRedis, removeDuplicates } from './once';

// Five processes of n8n share the machine.
jest.setTimeout(180_000);

let cluster: QueueCluster;

// Before the world's own: it ends n8n without waiting for what it is still busy with.
afterAll(async () => await cluster?.stop());

const world = useWorld(async () => {
	cluster = await startCluster(2);
	return cluster.main;
});

const batch = (ids: string[], parameters: IDataObject = {}, ...after: INode[]) =>
	chain(
		...itemsNodes(ids.map((id) => ({ id }))),
		deepModeNode(world.credential, parameters),
		...after,
	);

const results = (execution: Execution) =>
	execution.items('DeepMode').map(({ json }) => [json.id, json.upscaled]);

/** Puts the file of an item into its `data`, as base64. */
const readFile = (name: string) =>
	node(name, 'n8n-nodes-base.extractFromFile', 1, { operation: 'binaryToPropery', options: {} });

/** The executions that a worker has taken up, as its log tells; a parked one each time anew. */
const takenBy = (worker: N8nProcess) =>
	[...worker.log().matchAll(/Worker started execution (\d+) /g)].map(([, id]) => id as string);

it('200 upscales in 20 executions, over both workers: each done, each paid once', async () => {
	const ids = world.deepMode.addImageIds(200);
	const spent = world.deepMode.spent;
	world.deepMode.workMs = 300;
	const tens = Array.from({ length: 20 }, (_, index) => ids.slice(index * 10, index * 10 + 10));

	const executions = await Promise.all(
		tens.map(
			async (ten) => await world.n8n.runAndWait(batch(ten), { timeoutMs: 120_000, everyMs: 1000 }),
		),
	);

	expect(executions.flatMap(results)).toEqual(ids.map((id) => [id, true]));
	expect(world.deepMode.spent - spent).toBe(600);
	const executionIds = executions.map(({ id }) => id);
	const [one, other] = cluster.workers.map((worker) =>
		takenBy(worker).filter((id) => executionIds.includes(id)),
	) as [string[], string[]];
	expect(Math.min(one.length, other.length)).toBeGreaterThan(0);
	expect([...one, ...other].sort()).toEqual([...executionIds].sort());
});

it('50 callbacks through the webhook processor: each starts the workflow once', async () => {
	const trigger = await activeTrigger(world);
	const ids = world.deepMode.addImageIds(50);
	const spent = world.deepMode.spent;
	const before = world.deepMode.callbacks.length;

	await world.n8n.runAndWait(
		batch(ids, { mode: 'async', callbackUrl: trigger.url, context: '={{ { "for": $json.id } }}' }),
	);
	await world.deepMode.settled();

	const answers = world.deepMode.callbacks
		.slice(before)
		.map(({ url, status }) => [new URL(url).origin, status]);
	expect(answers).toEqual(Array(50).fill([cluster.webhookProcessor.url, 200]));
	const received = (await trigger.runs(50)).map((items) => items[0]?.json);
	expect(received.map((json) => json?.id).sort()).toEqual([...ids].sort());
	expect(received.map((json) => json?.context)).toEqual(
		received.map((json) => ({ for: json?.id })),
	);
	expect(world.deepMode.spent - spent).toBe(150);
});

it('50 paused executions, resumed through the webhook processor: each done, each paid once', async () => {
	const pairs = Array.from({ length: 50 }, () => world.deepMode.addImageIds(2));
	const spent = world.deepMode.spent;
	const before = world.deepMode.callbacks.length;
	world.deepMode.workMs = 3000;

	const executions = await Promise.all(
		pairs.map(
			async (ids) =>
				await world.n8n.runAndWait(batch(ids, { mode: 'pause' }), {
					timeoutMs: 120_000,
					everyMs: 2000,
				}),
		),
	);

	expect(executions.map(results)).toEqual(pairs.map((ids) => ids.map((id) => [id, true])));
	expect(world.deepMode.spent - spent).toBe(300);
	const called = world.deepMode.callbacks.slice(before).map(({ url }) => url);
	expect(called).toHaveLength(100);
	for (const url of called) {
		expect(url).toContain(`${cluster.webhookProcessor.url}/webhook-waiting/`);
	}
	for (const { id } of executions) {
		expect(cluster.webhookProcessor.log()).toContain(`Enqueued execution ${id} `);
	}
});

it('a paused execution that n8n fails to resume, for want of its database, goes on later', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.fault(id, { on: 'callback', lost: true });
	world.deepMode.workMs = 8000;
	const workflowId = await world.n8n.createWorkflow(batch([id], { mode: 'pause' }));
	const executionId = await world.n8n.run(workflowId);
	await world.n8n.waitForExecution(executionId, { statuses: ['waiting'] });
	await world.deepMode.settled();
	const looks = () => world.deepMode.requests.filter(({ path }) => path.endsWith(id)).length;
	const before = looks();

	// While the node looks, the database goes away.
	world.deepMode.fault(id, { on: 'retrieve', delayMs: 2000 });
	const answer = post(world.deepMode.callbackOf(id));
	await waitFor('the look', () => looks() > before, { everyMs: 20 });
	await cluster.postgres.crash();
	expect((await answer).status).toBe(500);
	await cluster.postgres.start();

	const execution = await waitFor(
		'the execution to go on',
		async () => {
			const now = await world.n8n.execution(executionId).catch(() => undefined);
			return now !== undefined && now.status !== 'waiting' && now.status !== 'running' && now;
		},
		{ timeoutMs: 120_000 },
	);
	expect(results(execution)).toEqual([[id, true]]);
});

it('a web caller who waits for a paused workflow gets nothing from Respond to Webhook', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 3000;
	const { url } = await pausingWebhook(world, 'responseNode');

	const { status, data } = await post(url, { id });

	expect([status, data]).toEqual([200, '']);
});

it('a paused execution goes on where n8n does not keep successful ones', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	const before = wentOn(world);
	world.deepMode.workMs = 3000;
	const settings = { saveDataSuccessExecution: 'none' };
	const { url } = await pausingWebhook(world, 'onReceived', settings);

	await post(url, { id });

	await waitFor('the node behind the pause', () => wentOn(world) > before, { timeoutMs: 60_000 });
});

it('a download can be read by the other worker, and by the main process', async () => {
	const [image] = world.deepMode.addImages(1, { upscaled: true });
	const workflowId = await world.n8n.createWorkflow(
		batch(
			[image?.id as string],
			{ operation: 'get', download: true },
			node('Resume URL', 'n8n-nodes-base.set', 3.4, {
				mode: 'raw',
				jsonOutput: '={{ { "url": $execution.resumeUrl } }}',
				options: {},
			}),
			node(
				'Wait',
				'n8n-nodes-base.wait',
				1.1,
				{ resume: 'webhook', options: {} },
				{ webhookId: randomUUID() },
			),
			node('Download', 'n8n-nodes-base.code', 2, { jsCode: "return $('DeepMode').all();" }),
			readFile('Read'),
		),
	);

	const execution = await waitFor('an execution that each worker has had a part of', async () => {
		const executionId = await world.n8n.run(workflowId);
		const parked = await world.n8n.waitForExecution(executionId, { statuses: ['waiting'] });
		await axios.get(String(parked.items('Resume URL')[0]?.json.url));
		const ended = await world.n8n.waitForExecution(executionId);
		return cluster.workers.every((worker) => takenBy(worker).includes(executionId)) && ended;
	});

	const [downloaded] = execution.items('DeepMode');
	const file = await fetchFile(downloaded?.json.image_url);
	expect(execution.items('Read')[0]?.json.data).toBe(file.toString('base64'));
	expect(await world.n8n.binary(downloaded?.binary?.data as IBinaryData)).toEqual(file);
});

it('what the trigger downloads, in the webhook processor, can be read by the workers', async () => {
	const trigger = await activeTrigger(world, { download: true }, readFile('Read'));
	const ids = world.deepMode.addImageIds(10);

	await world.n8n.runAndWait(batch(ids, { mode: 'async', callbackUrl: trigger.url }));
	await world.deepMode.settled();

	const read = (await trigger.runs(10, 'Read')).flat().map(({ json }) => json.data);
	const triggered = (await trigger.runs(10)).flat().map(({ json }) => json);
	expect(triggered.map(({ id }) => id).sort()).toEqual([...ids].sort());
	expect(read).toEqual(
		await Promise.all(
			triggered.map(async ({ image_url }) => (await fetchFile(image_url)).toString('base64')),
		),
	);
});

it('ten executions of the same images, half a second apart, over both workers: each is paid once', async () => {
	const ids = world.deepMode.addImageIds(50);
	const spent = world.deepMode.spent;
	world.deepMode.workMs = 5000;
	const workflowId = await world.n8n.createWorkflow(batch(ids));

	const started: string[] = [];
	for (let count = 0; count < 10; count += 1) {
		started.push(await world.n8n.run(workflowId));
		await sleep(500);
	}
	const executions = await Promise.all(
		started.map(async (id) => await world.n8n.waitForExecution(id, { timeoutMs: 120_000 })),
	);

	expect(executions.map(results)).toEqual(started.map(() => ids.map((id) => [id, true])));
	expect(world.deepMode.spent - spent).toBe(150);
	const workers = cluster.workers.map((worker) =>
		started.some((id) => takenBy(worker).includes(id)),
	);
	expect(workers).toEqual([true, true]);
});

it('a worker is killed, and the workflow run again at once on the other: each is paid once', async () => {
	const ids = world.deepMode.addImageIds(30);
	const spent = world.deepMode.spent;
	const before = world.deepMode.submits.length;
	world.deepMode.workMs = 9000;
	const workflowId = await world.n8n.createWorkflow(
		batch(ids, { options: { maxConcurrency: 30 } }),
	);

	const executionId = await world.n8n.run(workflowId);
	await waitFor('30 upscales', () => world.deepMode.submits.length === before + 30, {
		everyMs: 20,
	});
	const killed = cluster.workers.find((worker) => takenBy(worker).includes(executionId));
	await killed?.kill();
	const again = await world.n8n.waitForExecution(await world.n8n.run(workflowId));

	expect(results(again)).toEqual(ids.map((id) => [id, true]));
	expect(again.raw).toContain('30 were in work already (90 credits saved)');
	expect(world.deepMode.spent - spent).toBe(90);
	await killed?.start();
	await world.n8n.waitForExecution(executionId, { timeoutMs: 120_000 });
});

describe('in the middle of a batch, which the user runs again when DeepMode is done', () => {
	/** @returns the execution that was interrupted, and what it had paid when all it sent was done */
	async function interrupted(interrupt: (executionId: string) => Promise<void>) {
		const ids = world.deepMode.addImageIds(40);
		const workflowId = await world.n8n.createWorkflow(batch(ids));
		const spent = world.deepMode.spent;
		const before = world.deepMode.submits.length;
		world.deepMode.workMs = 1000;

		const executionId = await world.n8n.run(workflowId);
		// Every lane is at its second image: one that was claimed and not sent would stay in work.
		await waitFor('20 upscales', () => world.deepMode.submits.length >= before + 20, {
			everyMs: 20,
		});
		await interrupt(executionId);
		await world.deepMode.settled();
		const paid = world.deepMode.spent - spent;
		const again = await world.n8n.waitForExecution(await world.n8n.run(workflowId));

		expect(results(again)).toEqual(ids.map((id) => [id, true]));
		expect(world.deepMode.spent - spent).toBe(120);
		return { executionId, paid };
	}

	it('a worker is killed: nothing is paid twice, all is done, n8n tries nothing', async () => {
		const workerOf = (executionId: string) =>
			cluster.workers.find((worker) => takenBy(worker).includes(executionId)) as N8nProcess;

		const { executionId, paid } = await interrupted(async (id) => await workerOf(id).kill());

		expect(paid).toBeLessThan(120);
		const ended = await world.n8n.waitForExecution(executionId, { timeoutMs: 120_000 });
		expect(ended.status).toBe('error');
		await workerOf(executionId).start();
		expect(cluster.workers.flatMap(takenBy).filter((id) => id === executionId)).toHaveLength(1);
	});

	it('Redis crashes and forgets all: nothing is paid twice, all is done', async () => {
		const { executionId } = await interrupted(async (id) => {
			await cluster.redis.crashAndStart();
			// The worker goes on with what it has.
			expect((await world.n8n.waitForExecution(id)).status).toBe('success');
		});

		expect(cluster.workers.flatMap(takenBy).filter((id) => id === executionId)).toHaveLength(1);
	});
});

describe('a callback that comes to two webhook processors', () => {
	let second: N8nProcess;

	beforeAll(async () => {
		second = await cluster.addWebhookProcessor();
	});

	const sign = (url: string, imageId: string) => signedUrl(url, world.deepMode.apiKey, { imageId });

	const atSecond = (url: string) => url.replace(cluster.webhookProcessor.url, second.url);

	/** @returns how many items have started a workflow */
	async function deliver(url: string, ...ids: string[]): Promise<number> {
		const body = ids.map((id) => finishedImage(id));
		return (await axios.post<{ received: number }>(url, body)).data.received;
	}

	const imageIds = (count: number) => Array.from({ length: count }, (_, row) => `image-${row}`);

	it('resumes a paused execution once, though both get it at the same time', async () => {
		const ids = world.deepMode.addImageIds(20);
		for (const id of ids) world.deepMode.fault(id, { on: 'callback', lost: true });
		world.deepMode.workMs = 10_000;
		const paused = await Promise.all(
			ids.map(async (id) => {
				const workflow = batch([id], { mode: 'pause' }, node('After', 'n8n-nodes-base.noOp', 1));
				const executionId = await world.n8n.run(await world.n8n.createWorkflow(workflow));
				await world.n8n.waitForExecution(executionId, { statuses: ['waiting'] });
				return executionId;
			}),
		);
		await world.deepMode.settled();

		const callbacks = world.deepMode.submits
			.map(({ body }) => body as { image_id: string; callback: string })
			.filter(({ image_id }) => ids.includes(image_id))
			.map(({ callback }) => callback);
		// n8n answers the later one 409 or 500.
		await Promise.all(
			callbacks
				.flatMap((callback) => [callback, atSecond(callback)])
				.map(async (url) => await post(url)),
		);

		expect(callbacks).toHaveLength(20);
		const executions = await Promise.all(
			paused.map(async (executionId) => await world.n8n.waitForExecution(executionId)),
		);
		expect(executions.map(results)).toEqual(ids.map((id) => [[id, true]]));
		const taken = cluster.workers.flatMap(takenBy).filter((id) => paused.includes(id));
		expect(taken.sort()).toEqual([...paused, ...paused].sort());
	});

	it('starts the workflow at each; Remove Duplicates takes out what comes later', async () => {
		const trigger = await activeTrigger(world, {}, removeDuplicates('Once'));
		for (const [row, id] of imageIds(10).entries()) {
			const url = sign(trigger.url, id);

			expect(await deliver(url, id)).toBe(1);
			await trigger.runs(2 * row + 1);
			expect(await deliver(url, id)).toBe(0);
			expect(await deliver(atSecond(url), id)).toBe(1);
			await trigger.runs(2 * row + 2);
		}

		const passed = (await trigger.runs(20, 'Once')).flat().map(({ json }) => json.id);
		expect(passed.sort()).toEqual(imageIds(10).sort());
	});

	it('counted in Redis, goes on exactly once, though all come at the same time', async () => {
		const access = await world.n8n.createCredential('redis', 'Redis', cluster.redis.access);
		const result = node('Result', 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: "={{ $('DeepMode Trigger').item.json }}",
			options: {},
		});
		const trigger = await activeTrigger(world, {}, ...countedInRedis(access, 'Once'), result);

		await Promise.all(
			imageIds(40).flatMap((id) => {
				const url = sign(trigger.url, id);
				return [deliver(url, id, `${id}-b`), deliver(atSecond(url), id, `${id}-b`)];
			}),
		);

		const passed = (await trigger.runs(80, 'Result')).flat().map(({ json }) => json.id);
		expect(passed.sort()).toEqual(
			imageIds(40)
				.flatMap((id) => [id, `${id}-b`])
				.sort(),
		);
	});
});
