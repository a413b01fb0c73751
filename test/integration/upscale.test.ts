import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import type { NodeSetup } from './engine';
import { execute, goOn } from './engine';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const upscale = async (ids: unknown[], setup?: NodeSetup) =>
	await execute(
		deepMode.credentials,
		ids.map((id) => ({ id }) as never),
		setup,
	);

describe('a batch', () => {
	it('gives one image per item, in input order and paired, whoever is ready first', async () => {
		const ids = deepMode.addImageIds(3);
		deepMode.workMs = (id) => (id === ids[0] ? 300 : 0);

		const { outputs } = await upscale(ids);

		expect(outputs[0]?.map(({ json }) => json.id)).toEqual(ids);
		expect(outputs[0]?.map(({ json }) => json.upscaled)).toEqual([true, true, true]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
	});

	it('passes the fields of the API on untouched', async () => {
		const { id } = deepMode.addImage({ prompt: 'ein Schloß am See' });

		const { outputs } = await upscale([id]);

		expect(Object.keys(outputs[0]?.[0]?.json ?? {}).sort()).toEqual([
			'file_name',
			'id',
			'image_url',
			'model_id',
			'negative_prompt',
			'prompt',
			'ratio',
			'upscaled',
		]);
		expect(outputs[0]?.[0]?.json.prompt).toBe('ein Schloß am See');
	});

	it('sends exactly the image ID, with the key, and once', async () => {
		const { id } = deepMode.addImage();

		await upscale([id]);

		expect(deepMode.submits).toHaveLength(1);
		expect(deepMode.submits[0]).toMatchObject({ method: 'POST', body: { image_id: id } });
		for (const { headers } of deepMode.requests) {
			expect(headers.authorization).toBe(`Bearer ${deepMode.apiKey}`);
		}
	});

	it('has at most maxConcurrency images in flight', async () => {
		deepMode.workMs = 30;
		const ids = deepMode.addImageIds(12);

		await upscale(ids, { parameters: { options: { maxConcurrency: 3 } } });

		expect(deepMode.maxInFlight).toBe(3);
		expect(deepMode.spent).toBe(36);
	});

	it('takes a number from a spreadsheet as an ID', async () => {
		deepMode.addImage({ id: '4711' });

		const { outputs } = await upscale([4711]);

		expect(outputs[0]?.[0]?.json.id).toBe('4711');
		expect(deepMode.submits[0]?.body).toEqual({ image_id: '4711' });
	});

	it('takes an ID without the white space around it', async () => {
		deepMode.addImage({ id: 'q1' });

		const { outputs } = await upscale([' q1 ', 'q1\n', '\tq1', '\u00a0q1']);

		expect(outputs[0]?.map(({ json }) => json.id)).toEqual(Array(4).fill('q1'));
		expect(deepMode.spent).toBe(3);
	});

	it('takes what an API writes for true', async () => {
		for (const upscaled of ['true', 'True', 1, '1', 'yes']) {
			const { id } = deepMode.addImage();
			const body = { id, image_url: 'https://images.example.com/a', upscaled };
			deepMode.fault(id, { on: 'retrieve', status: 200, body });

			expect((await upscale([id])).outputs[0]?.[0]?.json).toEqual(body);
		}
		expect(deepMode.submits).toHaveLength(0);
	});

	it('takes a credential with an expression that is the same for all', async () => {
		const ids = deepMode.addImages(3).map(({ id }) => id);
		const { apiKey, baseUrl } = deepMode.credentials;

		const { outputs } = await execute(
			{ apiKey: '={{ $json.key }}', baseUrl },
			ids.map((id) => ({ id, key: apiKey })),
		);

		expect(outputs[0]?.map(({ json }) => json.upscaled)).toEqual([true, true, true]);
	});

	it('gives nothing for no items', async () => {
		const { outputs, error } = await upscale([]);

		expect(error).toBeUndefined();
		expect(outputs[0] ?? []).toEqual([]);
	});
});

describe('what cannot succeed is not sent', () => {
	it.each([
		['missing', undefined, /missing/],
		['empty', '', /missing/],
		['blank', ' \u00a0', /blank/],
		['null', null, /missing/],
		['a list', ['a'], /no text/],
		['an object', { id: 'a' }, /no text/],
		['a boolean', true, /no text/],
		['a number that is not what was written', 2 ** 64, /no text/],
		['no number', NaN, /no text|missing/],
		['.', '.', /cannot be/],
		['..', '..', /cannot be/],
		['a line break', 'a\nb', /control characters/],
		['half a character', 'a\ud800', /broken characters/],
	])('an ID that is %s', async (_, id, message) => {
		const good = deepMode.addImage().id;

		const { error } = await upscale([good, id]);

		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toMatch(message);
		expect(error?.context?.itemIndex).toBe(1);
		expect(deepMode.requests).toHaveLength(0);
	});

	it.each([
		['http to another machine', 'http://api.deepmode.ai'],
		['no URL', 'api.deepmode.ai'],
		['another protocol', 'ftp://api.deepmode.ai'],
		['empty', ''],
		['with a password', 'https://user:secret@api.deepmode.ai'],
	])('anything, with a base URL that is %s', async (_, baseUrl) => {
		const { error } = await execute({ apiKey: 'key', baseUrl }, [{ id: 'a' }]);

		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toContain('Base URL');
		expect(error?.message).not.toContain('secret');
	});

	it.each([
		['empty', ''],
		['blank', '  '],
		['with a line break', 'dm_\nkey'],
	])('anything, with an API key that is %s', async (_, apiKey) => {
		const { error } = await execute({ apiKey, baseUrl: deepMode.url }, [{ id: 'a' }]);

		expect(error?.message).toContain('API key');
		expect(deepMode.requests).toHaveLength(0);
	});

	it.each([
		['maxConcurrency', 0],
		['maxConcurrency', 101],
		['maxConcurrency', 1.5],
		['maxConcurrency', true],
		['timeout', 0],
		['timeout', -5],
		['timeout', 86_401],
		['timeout', 300 / 7],
		['timeout', 'soon'],
		['timeout', ''],
		['timeout', null],
		['timeout', [5]],
	])('anything, with %s %s', async (option, value) => {
		const { error } = await upscale(['a'], { parameters: { options: { [option]: value } } });

		expect(error?.name).toBe('NodeOperationError');
		expect(deepMode.requests).toHaveLength(0);
	});

	it.each([1, 2])('anything, with an account of its own for item %i', async (odd) => {
		const ids = deepMode.addImages(3).map(({ id }) => id);
		const { apiKey, baseUrl } = deepMode.credentials;

		const { error } = await execute(
			{ apiKey: '={{ $json.key }}', baseUrl },
			ids.map((id, index) => ({ id, key: index === odd ? 'dm_key_of_another' : apiKey })),
		);

		expect(error?.message).toBe('The DeepMode credential differs from item to item');
		expect(deepMode.requests).toHaveLength(0);
	});

	it.each([
		['mode', { mode: 'pause-later' }],
		['operation', { operation: 'toString' }],
	])('anything, with a %s that there is not', async (_, parameters) => {
		const { outputs } = await upscale(['a', 'b'], { ...goOn, parameters });

		expect(outputs[0]?.map(({ json }) => json.error)).toEqual(
			Array(2).fill(expect.stringContaining('There is no')),
		);
		expect(deepMode.requests).toHaveLength(0);
	});

	it('fails every item of a run that cannot start, and passes none of them on', async () => {
		const { outputs } = await upscale(['a', 'b'], {
			...goOn,
			parameters: { options: { maxConcurrency: 0 } },
		});

		expect(outputs[0]).toHaveLength(2);
		expect(outputs[0]?.[1]?.json.error).toMatch(/Max Concurrency/);
	});
});

describe('odd IDs', () => {
	it.each(['a/b', 'ü?x=1#y', '%2e%2e', '../..', 'a b', '<b>', '"', "it's", '猫'])(
		'%s is sent as it is',
		async (id) => {
			deepMode.addImage({ id });

			const { outputs } = await upscale([id]);

			expect(outputs[0]?.[0]?.json.id).toBe(id);
			expect(deepMode.submits[0]?.body).toEqual({ image_id: id });
		},
	);
});

describe('an item that fails', () => {
	it('fails alone with "continue on error", paired, and says what and what to do', async () => {
		const ids = deepMode.addImageIds(4);
		ids.splice(2, 0, 'no-such-image');

		const { outputs } = await upscale(ids, goOn);

		expect(outputs[0]?.map(({ json }) => json.upscaled)).toEqual([
			true,
			true,
			undefined,
			true,
			true,
		]);
		const failed = outputs[0]?.[2];
		expect(failed?.pairedItem).toEqual({ item: 2 });
		expect(Object.keys(failed?.json ?? {})).toEqual(['error', 'message']);
		expect(failed?.json.error).toContain('no-such-image');
		expect(failed?.json.message).toContain('Check the ID');
	});

	it('lands on the error output when that is chosen, with its input', async () => {
		const { id } = deepMode.addImage();

		const { outputs } = await upscale(['no-such-image', id], {
			settings: { onError: 'continueErrorOutput' },
		});

		expect(outputs[0]?.map(({ json }) => json.id)).toEqual([id]);
		expect(outputs[1]?.map(({ json }) => json.id)).toEqual(['no-such-image']);
		expect(outputs[1]?.[0]?.json.error).toContain('no-such-image');
	});

	it('stops the run otherwise: what is in flight is waited for, nothing more is sent', async () => {
		const ids = ['no-such-image', ...deepMode.addImageIds(9)];

		const { error } = await upscale(ids, { parameters: { options: { maxConcurrency: 2 } } });

		expect(error?.name).toBe('NodeApiError');
		expect(error?.message).toContain('no-such-image');
		expect(error?.httpCode).toBe('404');
		expect(error?.context?.itemIndex).toBe(0);
		expect(deepMode.submits.length).toBeLessThan(ids.length);
		expect(deepMode.submits.every(({ status }) => status !== undefined)).toBe(true);
	});

	it('is the lowest one, when several fail', async () => {
		deepMode.fault('slow', { status: 422, delayMs: 200, body: { message: 'slow' } });

		const { error } = await upscale(['slow', 'quick'], {});

		expect(error?.context?.itemIndex).toBe(0);
		expect(error?.message).toContain('slow');
	});

	it('keeps its ID in the message even if that looks like a system error', async () => {
		const { error } = await upscale(['xENOENTx']);

		expect(error?.message).toContain('xENOENTx');
	});
});

describe('the API key', () => {
	it('stays where it belongs: a redirect is not followed', async () => {
		const elsewhere = await startEmulator();
		try {
			const { id } = deepMode.addImage();
			const location = `${elsewhere.url}/api/images/upscale`;
			deepMode.fault(id, { status: 307, headers: { location } });

			const { error } = await upscale([id]);

			expect(error?.message).toContain('redirected');
			expect(elsewhere.requests).toHaveLength(0);
		} finally {
			await elsewhere.close();
		}
	});

	it('is never shown, even if the API repeats it', async () => {
		const { id } = deepMode.addImage();
		deepMode.fault(id, { status: 401, body: { message: `Bad key ${deepMode.apiKey}!` } });

		const { run, error } = await upscale([id]);

		expect(error?.description).toContain('Bad key ***!');
		expect(JSON.stringify(run)).not.toContain(deepMode.apiKey);
	});
});
