import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import axios from 'axios';

import { chain, itemsNodes, node } from '../shared/workflows';
import { activeTrigger } from './activeTrigger';
import { callWithoutDatabase } from './databaseAway';
import { useWorld } from './world';

const world = useWorld();

const image = (id: string) => ({ id, image_url: 'https://images.example.com/a', upscaled: true });

const post = async (url: string, body: unknown) =>
	await axios.post<{ received?: number }>(url, body, {
		headers: { 'content-type': 'application/json' },
		validateStatus: () => true,
	});

describe('an HTTP Request node with the credential', () => {
	it.each([
		['through a proxy', { proxy: true }, 'through a proxy'],
		['with Ignore SSL Issues', { allowUnauthorizedCerts: true }, 'without checking'],
		['with both', { proxy: true, allowUnauthorizedCerts: true }, 'through a proxy'],
	])('does not send the key %s', async (_, options, words) => {
		const proxy = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
		await once(proxy, 'listening');
		let connections = 0;
		proxy.on('connection', () => (connections += 1));
		const { id, name } = world.credential;
		const { port } = proxy.address() as AddressInfo;
		const request = node(
			'DeepMode',
			'n8n-nodes-base.httpRequest',
			4.2,
			{
				url: `${world.deepMode.url}/api/check-balance`,
				authentication: 'predefinedCredentialType',
				nodeCredentialType: 'deepModeApi',
				options: { ...options, ...('proxy' in options && { proxy: `http://127.0.0.1:${port}` }) },
			},
			{ credentials: { deepModeApi: { id, name } } },
		);
		const before = world.deepMode.requests.length;

		const { error, raw } = await world.n8n.runAndWait(chain(...itemsNodes([{}]), request));
		proxy.close();

		expect(error?.message).toContain(`The DeepMode API key is not sent ${words}`);
		expect(raw).not.toContain(world.deepMode.apiKey);
		expect(connections).toBe(0);
		expect(world.deepMode.requests).toHaveLength(before);
	});
});

it('bodies that nobody needs do not keep n8n busy', async () => {
	const open = await activeTrigger(world, { authentication: 'none', options: { refetch: true } });
	const nested = (depth: number): unknown =>
		depth === 0 ? '<'.repeat(130) : Array.from({ length: 10 }, () => nested(depth - 1));
	const bodies = [
		Array.from({ length: 100_000 }, (_, row) => image(`${row}`)),
		{ message: nested(5) },
		// As a text: of an object, the client would leave that name out.
		`{"__proto__": ${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}`,
	];
	const before = world.deepMode.requests.length;

	const answers = [];
	for (const body of bodies) answers.push((await post(open.url, body)).status);

	expect(answers).toEqual([413, 413, 400]);
	expect(world.deepMode.requests).toHaveLength(before);
});

it('callbacks that come while n8n has no database start their workflow once, when they come again', async () => {
	const trigger = await activeTrigger(world);

	const [during, after, again] = await callWithoutDatabase(world, trigger, 50);

	expect(during).toMatchObject(Array(50).fill({ status: 500 }));
	expect(after).toMatchObject(Array(50).fill({ data: { received: 1 } }));
	expect(again).toMatchObject(Array(50).fill({ data: { received: 0 } }));
	expect(await trigger.runs(50)).toHaveLength(50);
}, 240_000);
