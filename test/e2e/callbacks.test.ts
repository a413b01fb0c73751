import { request as httpRequest } from 'node:http';

import type { IDataObject } from 'n8n-workflow';

import { BY_HAND, example, TRIGGER_PATH, withCredentials } from '../shared/examples';
import { startHttpServer } from '../shared/httpServer';
import { post } from '../shared/requests';
import { finishedImage as image, signedUrl } from '../shared/signedCallback';
import { waitFor } from '../shared/waitFor';
import { chain, deepModeNode, itemsNodes, triggerNode } from '../shared/workflows';
import { activeTrigger } from './activeTrigger';
import { useWorld } from './world';

const world = useWorld();

const submit = async (items: IDataObject[], parameters: IDataObject) =>
	await world.n8n.runAndWait(
		chain(...itemsNodes(items), deepModeNode(world.credential, { mode: 'async', ...parameters })),
	);

const sign = (url: string, imageId: string, context: IDataObject = {}) =>
	signedUrl(url, world.deepMode.apiKey, { imageId, context });

describe('an async upscale', () => {
	it('starts the workflow once for each image, with its own context, though called twice', async () => {
		const trigger = await activeTrigger(world);
		world.deepMode.callbackRepeats = 2;
		const rounds = [
			Array.from({ length: 30 }, (_, row) => ({ row })),
			[{ name: 'Zoë & Co' }, { odd: '&=?#%+/ 猫😀' }, { nested: { list: [1, 'ü'] } }],
		];
		for (const contexts of rounds) {
			const items = contexts.map((context) => ({ id: world.deepMode.addImage().id, context }));

			const execution = await submit(items as never, {
				callbackUrl: trigger.url,
				context: '={{ $json.context }}',
			});
			await world.deepMode.settled();

			expect(execution.items('DeepMode').map(({ json }) => json)).toEqual(
				items.map(({ id }) => ({ message: 'Upscaling images...', image_id: id, mode: 'async' })),
			);
		}

		const runs = await trigger.runs(33);
		expect(runs).toHaveLength(33);
		const received = runs.map((items) => items[0]?.json);
		for (const context of rounds.flat()) {
			expect(
				received.filter((json) => JSON.stringify(json?.context) === JSON.stringify(context)),
			).toEqual([expect.objectContaining({ event: 'image.upscaled', upscaled: true })]);
		}
		for (const json of received) expect(json?.id).toBe(json?.image_id);
		expect(new Set(received.map((json) => json?.callback_id)).size).toBe(33);
		expect(world.deepMode.callbacks).toHaveLength(66);
		expect(world.deepMode.callbacks.every(({ status }) => status === 200)).toBe(true);
		world.deepMode.callbackRepeats = 1;
	});

	it('finds its way through a path prefix, with a query of its own', async () => {
		const trigger = await activeTrigger(world);
		const proxy = await startHttpServer((incoming, outgoing) => {
			const url = new URL(incoming.url?.replace('/behind/a/proxy', '') ?? '', world.server.url);
			const { method, headers } = incoming;
			incoming.pipe(
				httpRequest(url, { method, headers }, (answer) => {
					outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
					answer.pipe(outgoing);
				}),
			);
		});
		const { id } = world.deepMode.addImage();

		await submit([{ id }], {
			callbackUrl: `${proxy.url}/behind/a/proxy/webhook/${trigger.path}?team=a%20b&x=%26`,
			context: '{"row": 7}',
		});
		await world.deepMode.settled();
		proxy.close();

		expect((await trigger.runs(1))[0]?.[0]?.json).toMatchObject({ id, context: { row: 7 } });
		expect(world.deepMode.callbacks.at(-1)?.url).toContain(
			'?team=a%20b&x=%26&dm_event=image.upscaled&',
		);
	});

	it('with a failure for an answer starts the workflow too', async () => {
		const trigger = await activeTrigger(world);
		const { id } = world.deepMode.addImage();
		world.deepMode.fault(id, {
			on: 'callback',
			callbackBody: { message: 'The upscale failed: too dark' },
		});

		await submit([{ id }], { callbackUrl: trigger.url, context: '{"row": 7}' });
		await world.deepMode.settled();

		expect((await trigger.runs(1))[0]?.[0]?.json).toMatchObject({
			event: 'image.failed',
			message: 'The upscale failed: too dark',
			image_id: id,
			context: { row: 7 },
		});
	});

	it('tells when a callback cannot arrive', async () => {
		const { id } = world.deepMode.addImage();

		const execution = await submit([{ id }], {
			callbackUrl: 'http://localhost:1/webhook-test/1/deepmode',
		});

		expect(execution.raw).toContain('DeepMode cannot reach the callback URL at localhost:1');
		expect(execution.raw).toContain('is a Test URL');
	});

	it.each([
		['no URL', { callbackUrl: 'n8n.example.com/webhook' }, 'no http or https URL'],
		['no http', { callbackUrl: 'javascript:alert(1)' }, 'no http or https URL'],
		['signed already', { callbackUrl: 'https://example.com/?dm_nonce=1' }, '"dm_" parameter'],
		[
			'context no object',
			{ callbackUrl: 'https://example.com/', context: '[1]' },
			'no valid JSON object',
		],
		[
			'context too long',
			{ callbackUrl: 'https://example.com/', context: JSON.stringify({ x: 'x'.repeat(1600) }) },
			'too long',
		],
	])('sends nothing when it cannot succeed: %s', async (_, parameters, message) => {
		const before = world.deepMode.requests.length;

		const { error } = await submit([{ id: world.deepMode.addImage().id }], parameters);

		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toContain(message);
		expect(world.deepMode.requests).toHaveLength(before);
	});
});

describe('the trigger', () => {
	it('takes fifty callbacks at once, and six identical ones as one', async () => {
		const trigger = await activeTrigger(world);

		const answers = await Promise.all(
			Array.from({ length: 50 }, async (_, row) =>
				post(sign(trigger.url, `image-${row}`, { row }), image(`image-${row}`)),
			),
		);
		expect(answers.map(({ status, data }) => [status, data])).toEqual(
			Array(50).fill([200, { received: 1 }]),
		);
		const runs = await trigger.runs(50);
		expect(new Set(runs.map((items) => (items[0]?.json.context as IDataObject).row)).size).toBe(50);

		const url = sign(trigger.url, 'six times');
		const six = await Promise.all(Array.from({ length: 6 }, async () => post(url, image('six'))));
		expect(six.map(({ data }) => (data as { received: number }).received).sort()).toEqual([
			0, 0, 0, 0, 0, 1,
		]);
		expect(await trigger.runs(51)).toHaveLength(51);
	});

	it('refuses what is not signed as it must be, and says why in the log only', async () => {
		const trigger = await activeTrigger(world);
		const genuine = sign(trigger.url, 'a');
		const altered = genuine.replace('dm_image=a', 'dm_image=b');

		for (const url of [trigger.url, altered, `${genuine}&dm_image=a`]) {
			expect(await post(url, image('a'))).toMatchObject({ status: 401 });
		}
		expect(await post(genuine, 'no JSON', { 'content-type': 'text/plain' })).toMatchObject({
			status: 400,
		});
		expect(await post(genuine, image('a'))).toMatchObject({ status: 200, data: { received: 1 } });

		expect(await trigger.runs(1)).toHaveLength(1);
		expect(world.server.log()).toContain('refused a callback: it is unsigned');
		expect(world.server.log()).toContain('refused a callback: it is altered');
		expect(world.server.log()).not.toContain(new URL(genuine).searchParams.get('dm_signature'));
		expect(world.server.log()).not.toContain(world.deepMode.apiKey);
	});

	it('reads JSON, whatever content type says so', async () => {
		const trigger = await activeTrigger(world);
		const types = ['application/octet-stream', 'text/plain', 'text/html', 'application/hal+json'];

		const answers = [];
		for (const type of types) {
			const body = JSON.stringify(image('a'));
			answers.push(await post(sign(trigger.url, 'a'), body, { 'content-type': type }));
		}
		const tooLarge = await post(sign(trigger.url, 'a'), 'x'.repeat(17_000_000), {
			'content-type': 'application/octet-stream',
		});

		expect(answers.map(({ status }) => status)).toEqual(types.map(() => 200));
		expect(tooLarge).toMatchObject({ status: 413 });
		expect((await trigger.runs(4)).map(([item]) => item?.json.id)).toEqual(Array(4).fill('a'));
	});

	it('with refetch gives what the API says', async () => {
		const trigger = await activeTrigger(world, { options: { refetch: true } });
		const { id } = world.deepMode.addImage({ upscaled: true, prompt: 'the truth' });

		await post(sign(trigger.url, id), { ...image('another'), prompt: 'a lie' });

		expect((await trigger.runs(1))[0]?.[0]?.json).toMatchObject({
			id,
			prompt: 'the truth',
			refetched: true,
		});
	});

	it('without authentication takes any call, and needs no credential', async () => {
		const open = triggerNode(undefined, { authentication: 'none' });
		const path = `${open.webhookId}/deepmode`;
		const id = await world.n8n.createWorkflow(chain(open));
		await world.n8n.activate(id, path);

		const answer = await post(world.server.webhookUrl(path), [image('a'), image('b')]);

		expect(answer).toMatchObject({ status: 200, data: { received: 2 } });
	});

	it('listens for a test event', async () => {
		const trigger = triggerNode(world.credential);
		const id = await world.n8n.createWorkflow(chain(trigger));
		await world.n8n.listenForTestEvent(id);

		const testUrl = `${world.server.url}/webhook-test/${trigger.webhookId}/deepmode`;
		const answer = await post(sign(testUrl, 'a', { row: 7 }), image('a'));

		expect(answer).toMatchObject({ status: 200, data: { received: 1 } });
		const [run] = await waitFor('the test run', async () => {
			const executions = await world.n8n.executions({ workflowId: id, status: ['success'] });
			return executions.length > 0 && executions;
		});
		expect(
			(await world.n8n.execution(run?.id ?? '')).items('DeepMode Trigger')[0]?.json,
		).toMatchObject({
			context: { row: 7 },
		});
	});
});

it('examples/async-upscale-with-callback.json brings the customer back beside the result', async () => {
	const { id } = world.deepMode.addImage();
	const workflow = example('async-upscale-with-callback', {
		'your image ID': id,
		'https://your-n8n.example.com/webhook/your-webhook-id/deepmode':
			world.server.webhookUrl(TRIGGER_PATH),
	});
	const workflowId = await world.n8n.createWorkflow(withCredentials(workflow, [world.credential]));
	await world.n8n.activate(workflowId, TRIGGER_PATH);

	await world.n8n.waitForExecution(await world.n8n.run(workflowId, BY_HAND));
	await world.deepMode.settled();

	const run = await waitFor('the run that the callback starts', async () =>
		(await world.n8n.executions({ workflowId, status: ['success'] })).find(
			({ mode }) => mode === 'webhook',
		),
	);
	expect((await world.n8n.execution(run.id)).items('Result').map(({ json }) => json)).toEqual([
		{ customer: 'Zoë & Sons', image_url: expect.stringContaining(world.deepMode.filesUrl) },
	]);
});
