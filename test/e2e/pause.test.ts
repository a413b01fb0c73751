import type { IDataObject, INode } from 'n8n-workflow';

import type { Execution } from '../shared/execution';
import { post } from '../shared/requests';
import { waitFor } from '../shared/waitFor';
import {
	chain,
	deepModeNode,
	GOING_ON,
	itemsNodes,
	node,
	rowNode,
	startNode,
	THREE_TRIES,
	to,
} from '../shared/workflows';
import { pausingWebhook, wentOn } from './pausedCallers';
import { useWorld } from './world';

const world = useWorld();

/** Puts what came with the item into the workflow beside what the pause brought. */
const after = () => rowNode('After');

const pausing = (parameters: IDataObject = {}, settings: Partial<INode> = {}) =>
	deepModeNode(world.credential, { mode: 'pause', ...parameters }, settings);

const workflow = (ids: string[], parameters?: IDataObject, settings?: Partial<INode>) =>
	chain(...itemsNodes(ids.map((id, row) => ({ id, row }))), pausing(parameters, settings), after());

const rows = (execution: Execution, name = 'After') =>
	execution.items(name).map(({ json }) => [json.row, json.id, json.upscaled]);

const expected = (ids: string[]) => ids.map((id, row) => [row, id, true]);

/** The test says itself when an image is done. */
const NEVER = 2 ** 31 - 1;

const loseCallbacks = (ids: string[]) =>
	ids.forEach((id) => world.deepMode.fault(id, { on: 'callback', lost: true }));

const looks = (since: number) =>
	world.deepMode.requests
		.slice(since)
		.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/images/')).length;

const ring = async (url: string) => await post(url, { id: 'forged', upscaled: true });

/** Runs until n8n has parked the execution and the node's own call is answered. */
async function parked(...setup: Parameters<typeof workflow>): Promise<string> {
	const id = await world.n8n.run(await world.n8n.createWorkflow(workflow(...setup)));
	await world.n8n.waitForExecution(id, { statuses: ['waiting'] });
	return id;
}

afterEach(() => world.deepMode.clearFaults());

it.each([1, 25])('%d images, whose callbacks come doubled and in any order', async (count) => {
	const ids = world.deepMode.addImageIds(count);
	const spent = world.deepMode.spent;
	world.deepMode.workMs = (id) => 1500 + (ids.length - ids.indexOf(id)) * 40;
	world.deepMode.fault('*', { on: 'callback', repeat: 2, times: Infinity });

	const execution = await world.n8n.runAndWait(workflow(ids));

	expect(execution.status).toBe('success');
	expect(rows(execution)).toEqual(expected(ids));
	expect(world.deepMode.spent - spent).toBe(3 * count);
	expect(execution.data.resultData.runData.After).toHaveLength(1);
});

it('forged calls are refused, and calls before the end change nothing', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 60_000;
	const executionId = await parked([id]);
	const url = new URL(world.deepMode.callbackOf(id));
	const unsigned = new URL(url);
	unsigned.search = '';
	const wrong = new URL(url);
	wrong.searchParams.set('signature', '0'.repeat(url.searchParams.get('signature')!.length));

	expect((await ring(unsigned.href)).status).toBe(401);
	expect((await ring(wrong.href)).status).toBe(401);
	expect(await ring(url.href)).toMatchObject({ status: 200, data: { received: true } });

	expect((await world.n8n.execution(executionId)).status).toBe('waiting');
	await world.n8n.stopExecution(executionId);
});

it('60 executions whose callbacks come before they are parked: none is stuck', async () => {
	const ids = world.deepMode.addImageIds(60);
	world.deepMode.workMs = (id) => ids.indexOf(id);
	const executionIds: string[] = [];
	for (const id of ids) {
		executionIds.push(await world.n8n.run(await world.n8n.createWorkflow(workflow([id]))));
	}

	const executions = [];
	for (const executionId of executionIds) {
		executions.push(await world.n8n.waitForExecution(executionId));
	}

	expect(executions.map(({ status }) => status)).toEqual(ids.map(() => 'success'));
	expect(executions.map((execution) => rows(execution))).toEqual(ids.map((id) => [[0, id, true]]));
}, 300_000);

it('n8n is restarted while it is parked, and is called afterwards', async () => {
	const ids = world.deepMode.addImageIds(25);
	const spent = world.deepMode.spent;
	loseCallbacks(ids);
	world.deepMode.workMs = 8000;
	const executionId = await parked(ids);
	await world.server.stop();
	await world.deepMode.settled();
	await world.server.start();
	await world.n8n.login();

	const answer = await ring(world.deepMode.callbackOf(ids[7] as string));
	const execution = await world.n8n.waitForExecution(executionId);

	expect(answer.status).toBe(200);
	expect(rows(execution)).toEqual(expected(ids));
	expect(world.deepMode.spent - spent).toBe(75);
	expect((await ring(world.deepMode.callbackOf(ids[0] as string))).status).toBe(409);
}, 300_000);

it('n8n is restarted, called once, and one image never finishes: the others come out', async () => {
	const ids = world.deepMode.addImageIds(10);
	const hanging = ids[9] as string;
	loseCallbacks(ids);
	world.deepMode.workMs = (id) => (id === hanging ? NEVER : 4000);
	const executionId = await parked(ids, { options: { maxWait: 2 } });
	await world.server.stop();
	await world.server.start();
	await world.n8n.login();

	await ring(world.deepMode.callbackOf(ids[0] as string));
	const execution = await world.n8n.waitForExecution(executionId, { timeoutMs: 180_000 });

	expect(rows(execution)).toEqual(ids.map((id, row) => [row, id, id !== hanging]));
	expect(execution.items('DeepMode')[9]?.json.timed_out).toBe(true);
}, 300_000);

it('100 images that finish together, each called three times: one resume, at most 300 looks', async () => {
	const ids = world.deepMode.addImageIds(100);
	const since = world.deepMode.requests.length;
	const called = world.deepMode.callbacks.length;
	world.deepMode.workMs = 4000;
	world.deepMode.fault('*', { on: 'callback', repeat: 3, times: Infinity });

	const execution = await world.n8n.runAndWait(workflow(ids, { options: { maxConcurrency: 50 } }), {
		timeoutMs: 120_000,
	});
	await waitFor('300 calls', () => world.deepMode.callbacks.length - called === 300);

	expect(rows(execution)).toEqual(expected(ids));
	expect(execution.data.resultData.runData.After).toHaveLength(1);
	expect(looks(since)).toBeLessThanOrEqual(300);
}, 300_000);

it('two in a row, each with its own images', async () => {
	const [first, second] = [world.deepMode.addImageIds(2), world.deepMode.addImageIds(2)];
	world.deepMode.workMs = 1500;
	world.deepMode.fault('*', { on: 'callback', repeat: 3, times: Infinity });
	const items = first.map((id, row) => ({ id, row, next: second[row] }));
	const again = pausing({ imageId: "={{ $('Items').item.json.next }}" });

	const execution = await world.n8n.runAndWait(
		chain(...itemsNodes(items), pausing(), { ...again, name: 'Again' }, after()),
	);

	expect(execution.items('DeepMode').map(({ json }) => json.id)).toEqual(first);
	expect(rows(execution)).toEqual(expected(second));
	expect([...first, ...second].map((id) => world.deepMode.charges(id).length)).toEqual([
		1, 1, 1, 1,
	]);
});

it('a loop of five: each round resumes with its own image', async () => {
	const ids = world.deepMode.addImageIds(5);
	world.deepMode.workMs = 1500;
	world.deepMode.fault('*', { on: 'callback', repeat: 3, times: Infinity });
	const loop = node('Loop', 'n8n-nodes-base.splitInBatches', 3, { options: {} });
	const looped = chain(...itemsNodes(ids.map((id, row) => ({ id, row }))), loop);
	looped.nodes.push(pausing(), after());
	looped.connections.Loop = {
		main: [[to('After')], [to('DeepMode')]],
	};
	looped.connections.DeepMode = { main: [[to('Loop')]] };

	const execution = await world.n8n.runAndWait(looped, { timeoutMs: 120_000 });

	expect(execution.status).toBe('success');
	const runs = execution.data.resultData.runData.DeepMode ?? [];
	expect(runs.map(({ data }) => data?.main?.[0]?.map(({ json }) => json.id))).toEqual(
		ids.map((id) => [id]),
	);
	expect(execution.items('After').map(({ json }) => json.id)).toEqual(ids);
}, 180_000);

it('two branches into one node: each comes out with its own images', async () => {
	const ids = world.deepMode.addImageIds(2);
	world.deepMode.workMs = 1500;
	const branch = (name: string, id: string) =>
		node(name, 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ id }),
			options: {},
		});
	const branches = chain(startNode());
	branches.nodes.push(branch('A', ids[0] as string), branch('B', ids[1] as string), pausing());
	branches.connections.Start = { main: [[to('A'), to('B')]] };
	branches.connections.A = { main: [[to('DeepMode')]] };
	branches.connections.B = { main: [[to('DeepMode')]] };

	const execution = await world.n8n.runAndWait(branches);

	const runs = execution.data.resultData.runData.DeepMode ?? [];
	const images = runs.map(({ data }) =>
		data?.main?.[0]?.map(({ json }) => [json.id, json.upscaled]),
	);
	expect(images).toHaveLength(2);
	expect(images).toEqual(expect.arrayContaining(ids.map((id) => [[id, true]])));
});

it.each([
	['is down', { cut: 'before' }],
	['answers HTML', { status: 200, body: '<html>maintenance</html>', contentType: 'text/html' }],
	['refuses the key', { status: 401, body: { detail: 'Could not validate credentials' } }],
] as const)(
	'a call while the API %s does not resume',
	async (_, fault) => {
		const image = world.deepMode.addImage();
		const { id } = image;
		world.deepMode.workMs = NEVER;
		const executionId = await parked([id]);
		world.deepMode.fault(id, { ...fault, on: 'retrieve', times: Infinity });
		image.upscaled = true;

		const answer = await ring(world.deepMode.callbackOf(id));
		const then = (await world.n8n.execution(executionId)).status;
		world.deepMode.clearFaults();
		await ring(world.deepMode.callbackOf(id));
		const execution = await world.n8n.waitForExecution(executionId);

		expect([answer.status, then]).toEqual([200, 'waiting']);
		expect(rows(execution)).toEqual([[0, id, true]]);
	},
	120_000,
);

it('looks again by itself after the credential could not be used', async () => {
	const data = { apiKey: world.deepMode.apiKey, baseUrl: world.deepMode.url };
	const image = world.deepMode.addImage();
	const { id } = image;
	world.deepMode.workMs = NEVER;
	const executionId = await parked([id]);
	await world.n8n.updateCredential(world.credential, { ...data, apiKey: 'two words' });
	image.upscaled = true;

	const answer = await ring(world.deepMode.callbackOf(id));
	await world.n8n.updateCredential(world.credential, data);
	const execution = await world.n8n.waitForExecution(executionId);

	expect(answer.status).toBe(200);
	expect(rows(execution)).toEqual([[0, id, true]]);
}, 120_000);

it.each(['Up "scale" }} \\ x', '{{ $json.id }}', "Zoë's 猫😀", 'line\u2028end', 'x .constructor'])(
	'a node called %j',
	async (name) => {
		const [id] = world.deepMode.addImageIds(1) as [string];
		world.deepMode.workMs = 300;

		const execution = await world.n8n.runAndWait(workflow([id], {}, { name }));

		expect(rows(execution)).toEqual([[0, id, true]]);
	},
);

it('the time is over for one of 100: the others come out, with their pictures', async () => {
	const ids = world.deepMode.addImageIds(100);
	const hanging = ids[40] as string;
	const spent = world.deepMode.spent;
	world.deepMode.workMs = (id) => (id === hanging ? 600_000 : 2000);

	const execution = await world.n8n.runAndWait(
		workflow(ids, { download: true, options: { maxWait: 1, maxConcurrency: 20 } }),
		{ timeoutMs: 180_000 },
	);

	expect(execution.status).toBe('success');
	expect(rows(execution)).toEqual(ids.map((id, row) => [row, id, id !== hanging]));
	expect(execution.items('DeepMode')[40]?.json).toEqual({
		id: hanging,
		upscaled: false,
		timed_out: true,
	});
	const pictures = execution.items('DeepMode').map(({ binary }) => binary?.data?.mimeType);
	expect(pictures).toEqual(ids.map((id) => (id === hanging ? undefined : 'image/jpeg')));
	expect(world.deepMode.spent - spent).toBe(300);
}, 240_000);

it('one of ten is deleted meanwhile: it goes on when the others are done', async () => {
	const ids = world.deepMode.addImageIds(10);
	const deleted = ids[3] as string;
	world.deepMode.workMs = 4000;
	const executionId = await parked(ids, { options: { maxWait: 5 } });
	const gone = { status: 404, body: { detail: 'Image not found' } };
	world.deepMode.fault(deleted, { ...gone, on: 'retrieve', times: Infinity });

	const execution = await world.n8n.waitForExecution(executionId);

	expect(rows(execution)).toEqual(ids.map((id, row) => [row, id, id !== deleted]));
	expect(execution.items('DeepMode')[3]?.json).toEqual({
		id: deleted,
		upscaled: false,
		failed: true,
		message: 'DeepMode does not show it any more (status 404): Image not found',
	});
}, 120_000);

it.each([
	['a failed item', 'stopWorkflow', { failed: true, message: 'Upscaling failed: too dark' }],
	[
		'an error item, with "continue on error"',
		'continueRegularOutput',
		{ error: expect.stringContaining('Upscaling failed: too dark') },
	],
] as const)('DeepMode calls back that it failed: %s', async (_, onError, expected) => {
	const [dark, light] = world.deepMode.addImageIds(2) as [string, string];
	world.deepMode.workMs = 3000;
	const gaveUp = { message: 'Upscaling failed: too dark' };
	world.deepMode.fault(dark, { on: 'work', gaveUp });

	const execution = await world.n8n.runAndWait(workflow([dark, light], {}, { onError }));

	const [failed, done] = execution.items('DeepMode').map(({ json }) => json);
	expect(failed).toMatchObject(expected);
	expect(done).toMatchObject({ id: light, upscaled: true });
});

it('all callbacks are lost: it goes on within three minutes', async () => {
	const ids = world.deepMode.addImageIds(3);
	loseCallbacks(ids);
	world.deepMode.workMs = 25_000;

	const execution = await world.n8n.runAndWait(workflow(ids, { options: { maxWait: 6 } }), {
		timeoutMs: 180_000,
	});

	expect(rows(execution)).toEqual(expected(ids));
}, 240_000);

it('a web caller who waits for the last node reads that the images are in work', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 60_000;
	const { id: workflowId, url } = await pausingWebhook(world, 'lastNode');

	const { data } = await post<IDataObject>(url, { id });

	expect(data).toEqual({ id, upscaled: false, in_work: true });
	const [execution] = await world.n8n.executions({ workflowId });
	await world.n8n.stopExecution(String(execution?.id));
});

it('a web caller gets the image from a Respond to Webhook node behind the pause', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 3000;
	const { url } = await pausingWebhook(world, 'responseNode');

	const { data } = await post<IDataObject>(url, { id });

	expect(data).toMatchObject({ id, upscaled: true });
});

it('goes on where n8n does not keep successful executions', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	const before = wentOn(world);
	world.deepMode.workMs = 3000;
	const settings = { saveDataSuccessExecution: 'none' };
	const { url } = await pausingWebhook(world, 'onReceived', settings);

	await post(url, { id });

	await waitFor('the node behind the pause', () => wentOn(world) > before);
});

it('an execution that another workflow started says what n8n gives that one', async () => {
	const ids = world.deepMode.addImageIds(3);
	const spent = world.deepMode.spent;
	world.deepMode.workMs = 60_000;
	const child = await world.n8n.createWorkflow(
		chain(
			node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, { inputSource: 'passthrough' }),
			pausing(),
		),
	);
	await world.n8n.activate(child);
	const parent = await world.n8n.createWorkflow(
		chain(
			...itemsNodes(ids.map((id) => ({ id }))),
			node('Call', 'n8n-nodes-base.executeWorkflow', 1.2, {
				workflowId: { __rl: true, mode: 'id', value: child },
				mode: 'each',
				options: {},
			}),
		),
	);

	await world.n8n.run(parent);
	const children = await waitFor('three paused executions', async () => {
		const waiting = await world.n8n.executions({ workflowId: child, status: ['waiting'] });
		return waiting.length === 3 && waiting;
	});

	for (const { id } of children) {
		expect((await world.n8n.execution(id)).raw).toContain('Another workflow started this one');
		await world.n8n.stopExecution(id);
	}
	expect(world.deepMode.spent - spent).toBe(9);
});

describe('one of ten cannot be submitted', () => {
	const failing = () => {
		const ids = world.deepMode.addImageIds(10);
		ids[4] = 'no-such-image';
		world.deepMode.workMs = 1500;
		return ids;
	};

	it('fails at once and parks nothing, without "continue on error"', async () => {
		const ids = failing();

		const execution = await world.n8n.runAndWait(workflow(ids));

		expect(execution.status).toBe('error');
		expect(execution.error?.message).toContain('no-such-image');
		expect(execution.data.waitTill).toBeUndefined();
	});

	it('comes out in its place, with "continue on error" and Retry On Fail', async () => {
		const ids = failing();
		ids.unshift(ids.splice(4, 1)[0] as string);
		const spent = world.deepMode.spent;

		const execution = await world.n8n.runAndWait(
			workflow(ids, {}, { ...GOING_ON, retryOnFail: true, maxTries: 3 }),
		);

		const items = execution.items('DeepMode').map(({ json }) => json);
		expect(items[0]).toMatchObject({ error: expect.stringContaining('no-such-image') });
		expect(items.slice(1).map(({ id, upscaled }) => [id, upscaled])).toEqual(
			ids.slice(1).map((id) => [id, true]),
		);
		expect(world.deepMode.spent - spent).toBe(27);
	});

	it('comes out of the error output', async () => {
		const ids = failing();
		const withErrors = workflow(ids, {}, { onError: 'continueErrorOutput' });
		withErrors.nodes.push(rowNode('Failed'));
		withErrors.connections.DeepMode?.main?.push([to('Failed')]);

		const execution = await world.n8n.runAndWait(withErrors);

		expect(execution.items('After').map(({ json }) => json.row)).toEqual([
			0, 1, 2, 3, 5, 6, 7, 8, 9,
		]);
		expect(execution.items('Failed').map(({ json }) => [json.row, json.error])).toEqual([
			[4, expect.stringContaining('no-such-image')],
		]);
	});

	it('pays nothing twice with Retry On Fail', async () => {
		const ids = failing();
		const spent = world.deepMode.spent;

		const execution = await world.n8n.runAndWait(
			workflow(ids, {}, { ...THREE_TRIES, waitBetweenTries: 100 }),
		);

		expect(execution.status).toBe('error');
		expect(Math.max(...ids.map((id) => world.deepMode.charges(id).length))).toBe(1);
		expect(world.deepMode.spent - spent).toBeLessThanOrEqual(27);
	});
});

it('downloads the pictures, too', async () => {
	const ids = world.deepMode.addImageIds(2);
	world.deepMode.workMs = 1500;

	const execution = await world.n8n.runAndWait(workflow(ids, { download: true }));

	const [item] = execution.items('DeepMode');
	expect(item?.binary?.data).toMatchObject({ mimeType: 'image/jpeg' });
	expect((await world.n8n.binary(item!.binary!.data!)).subarray(0, 2).toString('hex')).toBe('ffd8');
});

it('says that DeepMode cannot reach an address inside the own machine', async () => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	world.deepMode.workMs = 60_000;

	const executionId = await parked([id]);

	expect((await world.n8n.execution(executionId)).raw).toContain('DeepMode cannot reach');
	await world.n8n.stopExecution(executionId);
});

it.each([
	['Upscale Again', { options: { ifUpscaled: 'upscaleAgain' } }, 'Upscale Again'],
	['a wait of no time', { options: { maxWait: 0 } }, 'Max Wait'],
])('refuses %s before anything is sent', async (_, parameters, words) => {
	const [id] = world.deepMode.addImageIds(1) as [string];
	const before = world.deepMode.requests.length;

	const execution = await world.n8n.runAndWait(workflow([id], parameters));

	expect(execution.error?.message).toContain(words);
	expect(world.deepMode.requests).toHaveLength(before);
});
