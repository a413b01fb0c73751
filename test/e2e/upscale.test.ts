import type { IDataObject, INode } from 'n8n-workflow';

import { startEmulator } from '../emulator';
import { example, withCredentials } from '../shared/examples';
import type { Execution } from '../shared/execution';
import {
	chain,
	deepModeNode,
	GOING_ON,
	itemsNodes,
	node,
	rowNode,
	startNode,
	using,
} from '../shared/workflows';
import { useWorld } from './world';

const world = useWorld();

const account = async (name: string, data: IDataObject) =>
	await world.n8n.createCredential('deepModeApi', name, {
		...world.deepMode.credentials,
		...data,
	});

const upscale = async (
	ids: unknown[],
	settings: Partial<INode> = {},
	credential = world.credential,
): Promise<Execution> =>
	await world.n8n.runAndWait(
		chain(
			...itemsNodes(ids.map((id, row) => ({ id, row }) as IDataObject)),
			// Long enough for what succeeds, and not too long to wait for what does not.
			deepModeNode(credential, { options: { timeout: 4 } }, settings),
			rowNode('After'),
		),
	);

it('upscales three images: in order, paired, and with nothing but the ID in the request', async () => {
	const ids = world.deepMode.addImageIds(3);
	const before = world.deepMode.submits.length;
	world.deepMode.workMs = (id) => (id === ids[0] ? 500 : 0);

	const execution = await upscale(ids);

	expect(execution.status).toBe('success');
	expect(execution.items('DeepMode').map(({ json }) => [json.id, json.upscaled])).toEqual(
		ids.map((id) => [id, true]),
	);
	expect(execution.items('After').map(({ json }) => [json.id, json.row])).toEqual(
		ids.map((id, row) => [id, row]),
	);
	const requests = world.deepMode.submits.slice(before);
	expect(requests.map(({ body }) => body)).toEqual(ids.map((id) => ({ image_id: id })));
});

describe('one unknown ID of five', () => {
	const five = () => {
		const ids = world.deepMode.addImageIds(4);
		return [...ids.slice(0, 2), 'no-such-image', ...ids.slice(2)];
	};

	it('fails alone with "continue", paired, with its message', async () => {
		const ids = five();

		const execution = await upscale(ids, GOING_ON);

		expect(execution.status).toBe('success');
		expect(execution.items('After').map(({ json }) => [json.row, json.upscaled])).toEqual([
			[0, true],
			[1, true],
			[2, undefined],
			[3, true],
			[4, true],
		]);
		expect(execution.items('DeepMode')[2]?.json).toEqual({
			error: 'DeepMode does not know image "no-such-image"',
			message: expect.stringContaining('Check the ID'),
		});
	});

	it('lands on the error output when that is chosen', async () => {
		const ids = five();

		const execution = await upscale(ids, { onError: 'continueErrorOutput' });

		expect(execution.items('DeepMode', 0)).toHaveLength(4);
		expect(execution.items('DeepMode', 1).map(({ json }) => json)).toEqual([
			{
				id: 'no-such-image',
				row: 2,
				error: expect.stringContaining('no-such-image'),
				message: expect.stringContaining('Check the ID'),
			},
		]);
	});

	it('stops the run otherwise, with an error that names it', async () => {
		const execution = await upscale(five());

		expect(execution.status).toBe('error');
		expect(execution.error?.name).toBe('NodeApiError');
		expect(execution.error?.message).toContain('no-such-image');
		expect(execution.error?.httpCode).toBe('404');
	});
});

describe('each way to fail says what happened and what to do', () => {
	const failure = async (fault: object) => {
		const { id } = world.deepMode.addImage();
		world.deepMode.fault(id, fault as never);
		return (await upscale([id])).error;
	};

	it('a wrong key', async () => {
		const wrong = await account('Wrong key', { apiKey: 'dm_wrong_key' });
		const { error } = await upscale(['a'], {}, wrong);

		expect(error?.message).toBe('DeepMode does not accept the API key');
		expect(error?.description).toContain('Check the API key');
	});

	it('no credits', async () => {
		const error = await failure({ status: 402, body: { detail: 'You have 2 credits left' } });

		expect(error?.message).toBe('The DeepMode account has not enough credits');
		expect(error?.description).toContain('You have 2 credits left');
	});

	it('a refusal, with the words of the API', async () => {
		const error = await failure({
			status: 422,
			body: { detail: [{ loc: ['body', 'image_id'], msg: 'too small' }] },
		});

		expect(error?.message).toContain('refused');
		expect(error?.description).toContain('body.image_id: too small');
	});

	it('a page instead of an answer', async () => {
		const error = await failure({
			status: 200,
			contentType: 'text/html',
			body: '<html><body>Welcome to the café</body></html>',
		});

		expect(error?.message).toContain('It is not known whether');
		expect(error?.message).toContain('Welcome to the café');
		expect(error?.description).toContain('credits may have been spent');
	});
});

it('what became of a request is not told at n8n’s usual log level', async () => {
	const { id } = world.deepMode.addImage();
	await upscale([id]);

	expect(world.server.log()).not.toContain('/api/images');
});

describe('the API key', () => {
	it('is not sent elsewhere by an HTTP Request node that uses the credential', async () => {
		const elsewhere = await startEmulator();
		try {
			const request = (url: string) =>
				node(
					'HTTP Request',
					'n8n-nodes-base.httpRequest',
					4.2,
					{ url, authentication: 'predefinedCredentialType', nodeCredentialType: 'deepModeApi' },
					using(world.credential),
				);
			const start = startNode();

			const refused = await world.n8n.runAndWait(
				chain(start, request(`${elsewhere.url}/api/check-balance`)),
			);
			world.deepMode.fault('*', {
				on: 'balance',
				status: 302,
				headers: { location: `${elsewhere.url}/api/check-balance` },
			});
			await world.n8n.runAndWait(chain(start, request(`${world.deepMode.url}/api/check-balance`)));
			const allowed = await world.n8n.runAndWait(
				chain(start, request(`${world.deepMode.url}/api/check-balance`)),
			);

			expect(refused.status).toBe('error');
			expect(allowed.items('HTTP Request')[0]?.json.remaining_balance).toEqual(expect.any(Number));
			expect(elsewhere.requests.filter(({ headers }) => headers.authorization)).toEqual([]);
		} finally {
			await elsewhere.close();
		}
	});
});

describe('an API key that is an expression', () => {
	const run = async (keys: string[]) => {
		const byItem = await account('By item', { apiKey: '={{ $json.key }}' });
		const ids = world.deepMode.addImageIds(keys.length);
		const items = ids.map((id, row) => ({ id, key: keys[row] }));
		return await world.n8n.runAndWait(chain(...itemsNodes(items), deepModeNode(byItem)));
	};

	it('is refused where it differs from item to item, and nothing is sent', async () => {
		const before = world.deepMode.requests.length;

		const { error } = await run([world.deepMode.apiKey, 'dm_key_of_another_account']);

		expect(error?.message).toBe('The DeepMode credential differs from item to item');
		expect(error?.description).toContain('Nothing was sent');
		expect(world.deepMode.requests).toHaveLength(before);
	});

	it('serves a run where it is the same for all items', async () => {
		const execution = await run([world.deepMode.apiKey, world.deepMode.apiKey]);

		expect(execution.items('DeepMode').map(({ json }) => json.upscaled)).toEqual([true, true]);
	});
});

describe('the world.credential test', () => {
	it('passes with the right key', async () => {
		expect(await world.n8n.testCredential(world.credential)).toMatchObject({ status: 'OK' });
	});

	it('passes with a slash at the end of the base URL', async () => {
		const slash = await account('Slash', { baseUrl: `${world.deepMode.url}/` });

		expect(await world.n8n.testCredential(slash)).toMatchObject({ status: 'OK' });
	});

	it('fails with a wrong key', async () => {
		const wrong = await account('Wrong key', { apiKey: 'dm_wrong_key' });

		expect(await world.n8n.testCredential(wrong)).toMatchObject({ status: 'Error' });
	});

	it('fails with a base URL that is not https', async () => {
		const open = await account('Open', { baseUrl: 'http://api.deepmode.ai' });

		expect(await world.n8n.testCredential(open)).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('must start with https'),
		});
	});

	it('fails on a page that is no answer', async () => {
		world.deepMode.fault('*', {
			on: 'balance',
			status: 200,
			contentType: 'text/html',
			body: '<p>Hi</p>',
		});

		expect(await world.n8n.testCredential(world.credential)).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('not the DeepMode API'),
		});
	});

	it('fails on a redirect to another origin, which never sees the key', async () => {
		const elsewhere = await startEmulator();
		try {
			world.deepMode.fault('*', {
				on: 'balance',
				status: 302,
				headers: { location: `${elsewhere.url}/api/check-balance` },
			});

			expect(await world.n8n.testCredential(world.credential)).toMatchObject({ status: 'Error' });
			expect(elsewhere.requests).toEqual([]);
		} finally {
			await elsewhere.close();
		}
	});
});

it('examples/upscale-one-image.json runs as it is, with an ID filled in', async () => {
	const { id } = world.deepMode.addImage();
	const workflow = example('upscale-one-image', { 'your image ID': id });

	const execution = await world.n8n.runAndWait(withCredentials(workflow, [world.credential]));

	expect(execution.items('Upscale Image').map(({ json }) => [json.id, json.upscaled])).toEqual([
		[id, true],
	]);
});
