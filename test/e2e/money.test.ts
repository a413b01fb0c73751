import type { INode } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import type { StoredCredential } from './harness/client';
import { N8nClient } from './harness/client';
import type { N8nServer } from './harness/server';
import { startN8n } from './harness/server';
import { waitFor } from './harness/waitFor';
import { chain, deepModeNode, itemsNodes } from './workflows';

let deepMode: Emulator;
let server: N8nServer;
let n8n: N8nClient;
let credential: StoredCredential;

beforeAll(async () => {
	deepMode = await startEmulator();
	server = await startN8n();
	n8n = new N8nClient(server);
	await n8n.setupOwner();
	credential = await n8n.createCredential('deepModeApi', 'DeepMode account', {
		apiKey: deepMode.apiKey,
		baseUrl: deepMode.url,
	});
}, 300_000);

afterAll(async () => {
	await server?.stop();
	await deepMode?.close();
});

beforeEach(() => {
	deepMode.workMs = 0;
});

const submits = () => deepMode.requests.filter(({ method }) => method === 'POST');

const workflow = (ids: string[], parameters: INode['parameters'] = {}, settings = {}) =>
	chain(...itemsNodes(ids.map((id) => ({ id }))), deepModeNode(credential, parameters, settings));

it('n8n killed in the middle of 100 upscales, and run again: 100 results, 300 credits', async () => {
	const ids = deepMode.addImages(100).map(({ id }) => id);
	const workflowId = await n8n.createWorkflow(workflow(ids));
	const spentBefore = deepMode.spent;
	const submitsBefore = submits().length;
	deepMode.workMs = 500;

	await n8n.run(workflowId);
	await waitFor('45 upscales', () => submits().length >= submitsBefore + 45, { everyMs: 20 });
	await server.kill();
	await deepMode.settled();
	expect(deepMode.spent - spentBefore).toBeLessThan(300);
	await server.start();
	await n8n.login();
	const again = await n8n.waitForExecution(await n8n.run(workflowId));

	expect(again.items('DeepMode').map(({ json }) => [json.id, json.upscaled])).toEqual(
		ids.map((id) => [id, true]),
	);
	expect(deepMode.spent - spentBefore).toBe(300);
}, 300_000);

it.each([
	['sync', {}],
	['async', { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' }],
])('Retry On Fail, three tries, in mode %s: what succeeds is paid once', async (_, parameters) => {
	const ids = deepMode.addImages(20).map(({ id }) => id);

	const execution = await n8n.runAndWait(
		workflow(
			[...ids.slice(0, 10), 'no-such-image', ...ids.slice(10)],
			{ ...parameters, options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 20 } } as never,
			{ retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
		),
	);

	expect(execution.status).toBe('error');
	expect(execution.error?.message).toContain('no-such-image');
	expect(Math.max(...ids.map((id) => deepMode.charges(id).length))).toBe(1);
	const failing = submits().filter(({ body }) => JSON.stringify(body).includes('no-such-image'));
	expect(failing.length).toBeGreaterThanOrEqual(3);
});

it('Stop in the middle of a batch: no request starts after a second', async () => {
	const ids = deepMode.addImages(100).map(({ id }) => id);
	deepMode.workMs = 2000;
	const before = submits().length;
	const workflowId = await n8n.createWorkflow(workflow(ids, { options: { maxConcurrency: 5 } }));

	const executionId = await n8n.run(workflowId);
	await waitFor('ten upscales', () => submits().length >= before + 10, { everyMs: 20 });
	await n8n.stopExecution(executionId);
	const stoppedAt = Date.now();
	await deepMode.settled();

	expect((await n8n.execution(executionId)).status).toBe('canceled');
	expect(deepMode.requests.filter(({ at }) => at > stoppedAt + 1000)).toEqual([]);
	expect(submits().length - before).toBeLessThanOrEqual(15);
});

it('shows what a run cost and saved', async () => {
	const ids = [...deepMode.addImages(2), ...deepMode.addImages(3, { upscaled: true })].map(
		({ id }) => id,
	);

	const execution = await n8n.runAndWait(workflow(ids));

	expect(execution.raw).toContain(
		'2 upscaled (6 credits), 3 were upscaled already (9 credits saved)',
	);
});
