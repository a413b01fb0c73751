import type { IDataObject } from 'n8n-workflow';
import sharp from 'sharp';

import type { Emulator } from '../emulator';
import type { HttpServer } from '../shared/httpServer';
import { startHttpServer } from '../shared/httpServer';
import { signedQuery } from '../shared/signedCallback';
import { THREE_TRIES } from '../shared/workflows';
import { TriggerUnderTest } from './callbacks';
import { onMovedClock } from './clock';
import { execute } from './engine';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const run = async (parameters: object, items: IDataObject[] = [{}], settings = {}) =>
	await execute(deepMode.credentials, items, { parameters: parameters as never, settings });

describe('Get Balance', () => {
	it('gives what the API says, read once for all items', async () => {
		const { outputs } = await run({ resource: 'account', operation: 'getBalance' }, [{}, {}, {}]);

		expect(outputs[0]?.map(({ json }) => json)).toEqual(
			Array(3).fill({ remaining_balance: deepMode.credits }),
		);
		expect(deepMode.requests).toHaveLength(1);
	});

	it('is asked again when it fails, since that is free', async () => {
		deepMode.fault('*', { on: 'balance', status: 502, times: 2 });

		const { outputs } = await run({ resource: 'account', operation: 'getBalance' });

		expect(outputs[0]?.[0]?.json).toEqual({ remaining_balance: deepMode.credits });
	});

	it('refuses a page that tells no balance', async () => {
		deepMode.fault('*', { on: 'balance', status: 200, body: '<p>Hi</p>', times: Infinity });

		const { result } = await onMovedClock(
			async () => await run({ resource: 'account', operation: 'getBalance' }),
		);

		expect(result.error?.message).toContain('Could not read the balance');
		expect(result.error?.message).toContain('Hi');
	});
});

describe('Get Image', () => {
	it('gives the image with a fresh URL', async () => {
		const { id } = deepMode.addImage({ id: 'a/b ?#%2e' });

		const { outputs } = await run({ operation: 'get', imageId: id });

		expect(outputs[0]?.[0]?.json).toMatchObject({ id, upscaled: false });
		expect(deepMode.spent).toBe(0);
	});

	it('says when DeepMode does not know it', async () => {
		const { error } = await run({ operation: 'get', imageId: 'nobody' });

		expect(error?.message).toBe('DeepMode does not know image "nobody"');
	});

	it('tries again when it fails, since that is free', async () => {
		const { id } = deepMode.addImage();
		deepMode.fault(id, { on: 'retrieve', status: 502, times: 2 });

		expect((await run({ operation: 'get', imageId: id })).outputs[0]).toHaveLength(1);
	});
});

describe('Generate Image', () => {
	const generate = async (options: object = {}, more: object = {}, settings = {}) =>
		await run(
			{ operation: 'generate', modelId: deepMode.modelId, prompt: 'a lake', options, ...more },
			[{}],
			settings,
		);

	it('sends what is set, in the names of the API, and nothing else', async () => {
		await generate();
		await generate({
			negativePrompt: 'fog',
			numImages: 2,
			upscale: true,
			ratio: 'square',
			timeout: 60,
			maxConcurrency: 2,
		});

		expect(deepMode.submits.map(({ body }) => body)).toEqual([
			{ model_id: deepMode.modelId, prompt: 'a lake' },
			{
				model_id: deepMode.modelId,
				prompt: 'a lake',
				negative_prompt: 'fog',
				num_images: 2,
				upscale: true,
				ratio: 'square',
			},
		]);
	});

	it.each([
		['object', 1],
		['array', 1],
		['images', 1],
		['array', 8],
		['images', 8],
	] as const)(
		'gives one item per image, whatever the shape: %s of %i',
		async (shape, numImages) => {
			deepMode.generateShape = shape;

			const { outputs } = await generate({ numImages });

			expect(outputs[0]).toHaveLength(numImages);
			for (const { json, pairedItem } of outputs[0] ?? []) {
				expect(json).toMatchObject({ prompt: 'a lake', model_id: deepMode.modelId });
				expect(pairedItem).toEqual({ item: 0 });
			}
		},
	);

	it.each(['object', 'array', 'images'] as const)(
		'gives the same items by callback in shape %s',
		async (shape) => {
			deepMode.generateShape = shape;
			const trigger = new TriggerUnderTest(deepMode.credentials);
			const { outputs } = await generate(
				{},
				{
					mode: 'async',
					callbackUrl: 'http://127.0.0.1:1/webhook/1/deepmode',
					context: '{"row":7}',
				},
			);
			await deepMode.settled();
			const [delivery] = deepMode.callbacks;

			const { items } = await trigger.call(
				new URL(String(delivery?.url)).search.slice(1),
				delivery?.body,
			);

			expect(outputs[0]?.[0]?.json).toMatchObject({ mode: 'async' });
			expect(items).toEqual([
				expect.objectContaining({
					event: 'image.generated',
					prompt: 'a lake',
					context: { row: 7 },
					image_id: '',
				}),
			]);
		},
	);

	it.each([
		['numImages', 0],
		['numImages', 9],
		['numImages', 1.5],
		['numImages', true],
		['numImages', '0x3'],
		['negativePrompt', { a: 1 }],
		['ratio', 'wide'],
		['upscale', 'yes'],
	])('sends nothing with %s %s', async (option, value) => {
		const { error } = await generate({ [option]: value });

		expect(error?.name).toBe('NodeOperationError');
		expect(deepMode.requests).toHaveLength(0);
	});

	it('takes a model ID without the white space around it', async () => {
		const { outputs } = await generate({}, { modelId: ` ${deepMode.modelId}\n` });

		expect(outputs[0]?.[0]?.json.model_id).toBe(deepMode.modelId);
	});

	it.each([{ prompt: ' ' }, { prompt: '={{ "" }}' }, { modelId: '={{ null }}' }])(
		'sends nothing with %p',
		async (parameters) => {
			expect((await generate({}, parameters)).error?.name).toBe('NodeOperationError');
			expect(deepMode.requests).toHaveLength(0);
		},
	);

	it.each([
		{ cut: 'after' },
		{ status: 500, accepted: true },
		{ status: 200, body: '', accepted: true },
	] as const)(
		'never says that running again is safe after %p, and pays once in all tries',
		async (fault) => {
			deepMode.fault(deepMode.modelId, { ...fault, on: 'generate' });

			const { error } = await generate({}, {}, THREE_TRIES);

			expect(error?.message).toContain('It is not known whether');
			expect(error?.description).toContain('would be paid again');
			expect(deepMode.submits).toHaveLength(1);
		},
	);

	it.each(['a lake', '={{ "a lake " + Math.random() }}'])(
		'is paid once in all tries, when another item fails, with prompt %s',
		async (prompt) => {
			const { error } = await run(
				{ operation: 'generate', modelId: '={{ $json.model }}', prompt },
				[{ model: deepMode.modelId }, { model: deepMode.modelId }, { model: 'nobody' }],
				THREE_TRIES,
			);

			expect(error?.message).toBe('DeepMode does not know model "nobody"');
			expect(deepMode.spent).toBe(2);
		},
	);

	it('is not lost when another item ends the run: its ID is in the error', async () => {
		const { error } = await run(
			{
				operation: 'generate',
				modelId: '={{ $json.model }}',
				prompt: 'a lake',
				options: { maxConcurrency: 1 },
			},
			[{ model: deepMode.modelId }, { model: 'nobody' }],
		);

		expect(error?.description).toContain(deepMode.charges()[0]?.image_id);
	});

	it('says what it cost, and when fewer images came than were asked for', async () => {
		expect((await generate({ numImages: 2 })).hints).toEqual(['2 generated (2 credits)']);

		const body = [{ id: 'a', image_url: 'https://images.example.com/a' }];
		deepMode.fault(deepMode.modelId, { on: 'generate', status: 200, body });
		expect((await generate({ numImages: 2 })).hints).toEqual([
			'1 generated (up to 2 credits), 1 fewer than asked for',
		]);
	});
});

describe('Download Image', () => {
	let host: HttpServer | undefined;
	afterEach(() => {
		host?.close();
		host = undefined;
	});

	/** An upscaled image whose file is wherever a test wants it. */
	const imageAt = (url: string, fields = {}) => {
		const { id } = deepMode.addImage({ upscaled: true });
		const body = { id, image_url: url, upscaled: true, file_name: 'a.jpeg', ...fields };
		deepMode.fault(id, { on: 'retrieve', status: 200, body });
		return id;
	};
	const download = async (imageId: string, operation = 'get') =>
		await run({ operation, imageId, download: true });

	it.each(['get', 'upscale'])('puts the picture beside the item of %s', async (operation) => {
		const { id, file_name: fileName } = deepMode.addImage({ ratio: 'square' });

		const { outputs } = await download(id, operation);

		const file = outputs[0]?.[0]?.binary?.data;
		expect(file).toMatchObject({ fileName, mimeType: 'image/jpeg', fileExtension: 'jpeg' });
		const { width } = await sharp(Buffer.from(String(file?.data), 'base64')).metadata();
		expect(width).toBe(operation === 'upscale' ? 1024 : 256);
		for (const { headers } of deepMode.fileRequests) expect(headers.authorization).toBeUndefined();
	});

	it('puts every generated picture beside its item, in the field that the user chose', async () => {
		const { outputs } = await run({
			operation: 'generate',
			modelId: deepMode.modelId,
			prompt: 'a lake',
			download: true,
			binaryPropertyName: 'picture',
			options: { numImages: 3 },
		});

		expect(outputs[0]?.map(({ binary }) => Object.keys(binary ?? {}))).toEqual(
			Array(3).fill(['picture']),
		);
	});

	it('sends no key to the image host, nor where that redirects to', async () => {
		const elsewhere = await startHttpServer((_, response) => response.end('picture'));
		host = await startHttpServer((_, response) =>
			response.writeHead(302, { location: `${elsewhere.url}/file?sig=a%2Bb%3D` }).end(),
		);

		const { outputs } = await download(imageAt(`${host.url}/file?sig=x%2By%3D&st=1`));
		elsewhere.close();

		expect(outputs[0]?.[0]?.binary?.data).toBeDefined();
		expect(host.requests[0]?.url).toBe('/file?sig=x%2By%3D&st=1');
		expect(elsewhere.requests[0]?.url).toBe('/file?sig=a%2Bb%3D');
		for (const { headers, url } of [...host.requests, ...elsewhere.requests]) {
			expect(headers.authorization).toBeUndefined();
			expect(JSON.stringify(headers) + url).not.toContain(deepMode.apiKey);
		}
	});

	it.each([
		['a page', { type: 'text/html', body: '<p>Hi</p>' }, 'no picture but text/html'],
		['XML', { type: 'application/xml', body: '<a/>' }, 'no picture but application/xml'],
		['JSON', { type: 'application/json', body: '{}' }, 'no picture but application/json'],
		['an empty file', { type: 'image/jpeg', body: '' }, 'empty'],
		['a cut file', { type: 'image/jpeg', body: 'half', length: 8 }, 'abort'],
		['an error', { type: 'image/jpeg', body: 'x', status: 500 }, 'status 500'],
		['a refusal', { type: 'image/jpeg', body: 'x', status: 410 }, 'status 410'],
	])('%s is a clear error, after which the image is not paid again', async (_, file, words) => {
		host = await startHttpServer((request, response) => {
			const {
				type,
				body,
				status = 200,
				length,
			} = file as typeof file & {
				status?: number;
				length?: number;
			};
			response.writeHead(status, {
				'content-type': type,
				...(length !== undefined && { 'content-length': length }),
			});
			if (length === undefined) response.end(body);
			else response.write(body, () => request.socket.destroy());
		});

		const { result } = await onMovedClock(
			async () => await download(imageAt(host?.url ?? ''), 'upscale'),
		);

		const { error } = result;
		expect(error?.message).toMatch(/^The file of image ".*" could not be downloaded: /);
		expect(error?.message).toContain(words);
		expect(error?.description).toContain('Get Image');
		expect(deepMode.submits).toHaveLength(0);
	});

	it('names all images of an item when one of the files is missing, and pays for none again', async () => {
		const { error } = await (async () => {
			deepMode.fault('*', { on: 'file', status: 410 });
			return await run(
				{
					operation: 'generate',
					modelId: deepMode.modelId,
					prompt: 'a lake',
					download: true,
					options: { numImages: 3 },
				},
				[{}],
			);
		})();

		for (const { image_id: id } of deepMode.charges()) expect(error?.description).toContain(id);

		deepMode.fault('*', { on: 'file', status: 410 });
		const retried = await run(
			{
				operation: 'generate',
				modelId: deepMode.modelId,
				prompt: 'a lake',
				download: true,
				options: { numImages: 3 },
			},
			[{}],
			{ ...THREE_TRIES, maxTries: 2 },
		);
		expect(retried.outputs[0]?.map(({ binary }) => binary !== undefined)).toEqual([
			true,
			true,
			true,
		]);
		expect(deepMode.spent).toBe(6);
	});

	it.each([
		['lake.jpeg', 'image/jpeg', 'lake.jpeg'],
		['LAKE.JPG', 'image/jpeg', 'LAKE.JPG'],
		['../../etc/passwd', 'image/jpeg', 'passwd.jpeg'],
		['a\\b\nc.png', 'image/png', 'bc.png'],
		['lake.v2', 'image/webp', 'lake.v2.webp'],
		[5, 'image/jpeg', undefined],
		['', 'image/jpeg', undefined],
	])('names the file of %p well', async (given, type, fileName) => {
		host = await startHttpServer((_, response) =>
			response.writeHead(200, { 'content-type': type.toUpperCase() }).end('picture'),
		);
		const id = imageAt(host.url, { file_name: given });

		const { outputs } = await download(id);

		const file = outputs[0]?.[0]?.binary?.data;
		expect(file).toMatchObject({ mimeType: type, fileName: fileName ?? `${id}.jpeg` });
		expect(file?.directory).toBeUndefined();
	});

	it('fetches nothing but http', async () => {
		const { error } = await download(imageAt('data:image/jpeg;base64,AAAA'));

		expect(error?.message).toContain('no http or https URL');
	});

	it('takes the type of unnamed bytes from the file name', async () => {
		host = await startHttpServer((_, response) =>
			response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('picture'),
		);

		const { outputs } = await download(imageAt(host.url, { file_name: 'lake.PNG' }));

		expect(outputs[0]?.[0]?.binary?.data).toMatchObject({
			mimeType: 'image/png',
			fileName: 'lake.PNG',
		});
	});
});

describe('Download Image in the trigger', () => {
	const ticketFor = (imageId: string) => signedQuery(deepMode.apiKey, { imageId });

	it('fetches what the API says, and no address from the body', async () => {
		const evil = await startHttpServer((_, response) => response.end('evil'));
		const { id } = deepMode.addImage({ upscaled: true });
		const trigger = new TriggerUnderTest(deepMode.credentials, {
			download: true,
			binaryPropertyName: 'file',
		});

		const received = await trigger.call(ticketFor(id), { id, image_url: evil.url, upscaled: true });
		evil.close();

		expect(received.files).toEqual([['file']]);
		expect(evil.requests).toHaveLength(0);
		expect(deepMode.fileRequests).toHaveLength(1);
	});

	it('with the API down fetches nothing, and starts the workflow without a file', async () => {
		const evil = await startHttpServer((_, response) => response.end('evil'));
		const { id } = deepMode.addImage({ upscaled: true });
		deepMode.fault(id, { on: 'retrieve', status: 503, times: Infinity });
		const trigger = new TriggerUnderTest(deepMode.credentials, { download: true });
		const body = { id, image_url: evil.url, upscaled: true };

		const { result: first } = await onMovedClock(
			async () => await trigger.call(ticketFor(id), body),
		);
		evil.close();

		expect(first.items?.[0]).toMatchObject({
			refetched: false,
			download_problem: expect.any(String),
		});
		expect(first.files).toEqual([[]]);
		expect(evil.requests).toHaveLength(0);
	});
});
