import { EventEmitter, once } from 'node:events';
import { Agent } from 'node:http';
import axios, { type AxiosResponse } from 'axios';
import fastify, { type FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator';

let emulator: Emulator;

async function start(options?: EmulatorOptions): Promise<void> {
	await emulator?.close();
	emulator = await startEmulator(options);
}

beforeEach(async () => await start());
afterEach(async () => {
	jest.useRealTimers();
	await emulator.close();
});

/** Sends as a client would; every status is an answer, a redirect too. */
async function send(method: string, path: string, data?: unknown): Promise<AxiosResponse> {
	return await axios.request({
		method,
		url: `${emulator.url}/api${path}`,
		data,
		headers: { authorization: `Bearer ${emulator.apiKey}` },
		validateStatus: () => true,
		maxRedirects: 0,
	});
}

const upscale = (image_id: string, callback?: string) =>
	send('POST', '/images/upscale', { image_id, callback });
const generate = (body: object) =>
	send('POST', '/images/generate', { model_id: emulator.modelId, prompt: 'A fox', ...body });
const retrieve = (id: string) => send('GET', `/images/${encodeURIComponent(id)}`);
const balance = () => send('GET', '/check-balance');

async function fetchFile(url: string, headers = {}): Promise<AxiosResponse<Buffer>> {
	return await axios.get(url, { headers, responseType: 'arraybuffer', validateStatus: () => true });
}

const imageUrl = async (id: string): Promise<string> => (await retrieve(id)).data.image_url;

describe('upscale', () => {
	it('answers in sync mode with the eight fields of the upscaled image', async () => {
		const image = emulator.addImage({ ratio: 'square', negative_prompt: 'rainy, foggy' });
		const { status, data } = await upscale(image.id);
		expect(status).toBe(200);
		expect(data).toEqual({
			id: image.id,
			file_name: image.file_name,
			model_id: emulator.modelId,
			image_url: expect.stringMatching(
				/\/deepmode-user-image\/[-0-9a-f]{36}\.jpeg\?st=.+&se=.+&sp=r&sv=2023-11-03&sr=b&sig=.+%3D$/,
			),
			prompt: 'A beautiful landscape with mountains and a river.',
			negative_prompt: 'rainy, foggy',
			upscaled: true,
			ratio: 'square',
		});
	});

	it('charges 3 credits, and again for an image that is upscaled already', async () => {
		const image = emulator.addImage();
		const other = emulator.addImage({ upscaled: true });
		await upscale(image.id);
		await upscale(other.id);
		await upscale(image.id);
		const charge = { operation: 'upscale', image_id: image.id, credits: 3, at: expect.any(Number) };
		expect(emulator.charges(image.id)).toEqual([charge, charge]);
		expect(emulator.charges()).toHaveLength(3);
		expect(emulator.spent).toBe(9);
		expect(emulator.credits).toBe(100_000 - 9);
	});

	it('is not done before its work is', async () => {
		await start({ workMs: (id) => (id === 'slow' ? 60_000 : 0) });
		emulator.addImage({ id: 'slow' });
		emulator.addImage({ id: 'fast' });
		const callback = 'http://127.0.0.1:9/never';
		expect((await upscale('slow', callback)).data).toEqual({ message: 'Upscaling images...' });
		expect((await upscale('fast')).data.upscaled).toBe(true);
		expect((await retrieve('slow')).data.upscaled).toBe(false);
		expect(emulator.callbacks).toEqual([]);
	});

	it.each([undefined, { hang: true, accepted: true } as const])(
		'goes on when the client leaves (fault: %j)',
		async (fault) => {
			const leaving = new AbortController();
			const { id } = emulator.addImage();
			if (fault) emulator.fault(id, fault);
			emulator.workMs = () => {
				leaving.abort();
				return 1;
			};
			const submit = axios.post(
				`${emulator.url}/api/images/upscale`,
				{ image_id: id },
				{ headers: { authorization: `Bearer ${emulator.apiKey}` }, signal: leaving.signal },
			);
			await expect(submit).rejects.toMatchObject({ code: 'ERR_CANCELED' });
			await emulator.settled();
			expect((await retrieve(id)).data.upscaled).toBe(true);
			expect(emulator.spent).toBe(3);
		},
	);
});

describe('generate', () => {
	it('gives one portrait for 1 credit unless told otherwise', async () => {
		const { status, data } = await generate({});
		expect(status).toBe(200);
		expect(data).toEqual([
			expect.objectContaining({ prompt: 'A fox', ratio: 'portrait', upscaled: false }),
		]);
		expect(data[0].id).toMatch(/^[0-9a-f]{21,24}$/);
		expect(emulator.charges(data[0].id)).toMatchObject([{ operation: 'generate', credits: 1 }]);
		expect((await retrieve(data[0].id)).data).toMatchObject({ id: data[0].id, prompt: 'A fox' });
	});

	it('charges each image, and its upscale too', async () => {
		const body = { num_images: 2, upscale: true, ratio: 'square', negative_prompt: 'rain' };
		const { data } = await generate(body);
		const image = { upscaled: true, ratio: 'square', negative_prompt: 'rain' };
		expect(data).toMatchObject([image, image]);
		expect(emulator.charges().map((charge) => charge.credits)).toEqual([4, 4]);
	});

	it('answers in each of the shapes', async () => {
		emulator.generateShape = 'object';
		expect((await generate({})).data.id).toEqual(expect.any(String));
		expect((await generate({ num_images: 2 })).data).toHaveLength(2);
		emulator.generateShape = 'images';
		expect((await generate({})).data).toEqual({ images: [expect.anything()] });
	});

	it('knows the models that were added, and no other', async () => {
		expect((await generate({ model_id: emulator.addModel() })).status).toBe(200);
		expect(await generate({ model_id: 'none' })).toMatchObject({
			status: 404,
			data: { detail: 'Model not found' },
		});
	});
});

describe('refusals', () => {
	it('lets in nobody without the key', async () => {
		const url = `${emulator.url}/api/check-balance`;
		const without = await axios.get(url, { validateStatus: () => true });
		expect(without.status).toBe(401);
		emulator.apiKey = 'changed';
		expect((await balance()).data).toEqual({ remaining_balance: 100_000 });
		const headers = { authorization: 'Bearer wrong' };
		expect((await axios.get(url, { headers, validateStatus: () => true })).status).toBe(401);
	});

	it('charges nothing when credits do not suffice', async () => {
		emulator.credits = 2;
		const { id } = emulator.addImage();
		expect(await upscale(id)).toMatchObject({
			status: 402,
			data: { detail: expect.stringContaining('You do not have enough credits') },
		});
		expect((await generate({ num_images: 3 })).status).toBe(402);
		expect(emulator.charges()).toEqual([]);
		expect((await balance()).data.remaining_balance).toBe(2);
		expect((await retrieve(id)).data.upscaled).toBe(false);
	});

	it('takes no more requests a second than it is told', async () => {
		jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] });
		emulator.mostASecond = 2;
		const taken = { status: 200 };
		const refused = {
			status: 429,
			headers: expect.not.objectContaining({ 'retry-after': expect.anything() }),
		};
		expect(await balance()).toMatchObject(taken);
		jest.setSystemTime(Date.now() + 500);
		expect(await balance()).toMatchObject(taken);
		expect(await balance()).toMatchObject(refused);
		jest.setSystemTime(Date.now() + 500);
		expect(await balance()).toMatchObject(taken);
		expect(await balance()).toMatchObject(refused);
	});

	it('does not know other images', async () => {
		const notFound = { status: 404, data: { detail: 'Image not found' } };
		expect(await upscale('none')).toMatchObject(notFound);
		expect(await retrieve('none')).toMatchObject(notFound);
	});

	it.each([
		['/images/upscale', {}, ['body', 'image_id']],
		['/images/upscale', { image_id: 7 }, ['body', 'image_id']],
		['/images/upscale', { image_id: 'x', callback: 'ftp://x' }, ['body', 'callback']],
		['/images/upscale', 'no JSON', ['body']],
		['/images/generate', { model_id: 'x' }, ['body', 'prompt']],
		['/images/generate', { model_id: 'x', prompt: '', num_images: 9 }, ['body', 'num_images']],
		['/images/generate', { model_id: 'x', prompt: '', num_images: '2' }, ['body', 'num_images']],
		['/images/generate', { model_id: 'x', prompt: '', ratio: 'wide' }, ['body', 'ratio']],
	])('refuses the wrong body at %s: %j', async (path, body, loc) => {
		const { status, data } = await send('POST', path, body);
		expect(status).toBe(422);
		expect(data).toEqual({ detail: [{ loc, msg: expect.any(String) }] });
	});
});

describe('ids', () => {
	const long = 'long'.repeat(50);
	const odd = ['a/b', 'a?b=c', '100%', 'a%2Fb', '%zz', 'two words', 'ключ-🗝', 'a#b+c;d', long];
	it.each(odd)('are one path segment: %j', async (id) => {
		emulator.addImage({ id });
		expect((await retrieve(id)).data.id).toBe(id);
		expect((await upscale(id)).data).toMatchObject({ id, upscaled: true });
	});
});

describe('files', () => {
	it('really are JPEGs, ×4 as large once upscaled, and differ by image', async () => {
		const { id } = emulator.addImage({ id: 'one', ratio: 'square' });
		const source = await fetchFile(await imageUrl(id));
		const enlarged = await fetchFile((await upscale(id)).data.image_url);
		expect(await sharp(source.data).metadata()).toMatchObject({
			format: 'jpeg',
			width: 256,
			height: 256,
		});
		expect(source.headers).toMatchObject({
			'content-type': 'image/jpeg',
			'content-length': String(source.data.length),
		});
		expect(await sharp(enlarged.data).metadata()).toMatchObject({ width: 1024, height: 1024 });

		const { id: otherId } = emulator.addImage({ id: 'two', ratio: 'square' });
		const other = await fetchFile(await imageUrl(otherId));
		expect(await difference(enlarged.data, source.data)).toBeLessThan(4);
		expect(await difference(other.data, source.data)).toBeGreaterThan(4);
	});

	it('are 256×384 for a portrait', async () => {
		const { data } = await fetchFile(await imageUrl(emulator.addImage({ ratio: 'portrait' }).id));
		expect(await sharp(data).metadata()).toMatchObject({ width: 256, height: 384 });
	});

	it('come from another origin, by a URL that works for an hour', async () => {
		const url = new URL(await imageUrl(emulator.addImage().id));
		expect(url.origin).toBe(emulator.filesUrl);
		expect(url.origin).not.toBe(emulator.url);
		const [from, until] = ['st', 'se'].map((name) => Date.parse(url.searchParams.get(name) ?? ''));
		expect(Number(until) - Number(from)).toBe(60 * 60 * 1000);
	});

	it('are refused once the URL has expired; retrieving makes a fresh one', async () => {
		const { id } = emulator.addImage();
		emulator.urlLifetimeMs = 0;
		const expired = await fetchFile(await imageUrl(id));
		expect(expired.status).toBe(403);
		expect(expired.headers['content-type']).toContain('xml');
		expect(expired.data.toString()).toContain('<Code>AuthenticationFailed</Code>');
		emulator.urlLifetimeMs = 60_000;
		expect((await fetchFile(await imageUrl(id))).status).toBe(200);
	});

	it('are refused with a wrong signature or an Authorization header', async () => {
		const url = await imageUrl(emulator.addImage().id);
		const other = emulator.addImage().file_name;
		expect((await fetchFile(url.replace('sig=', 'sig=x'))).status).toBe(403);
		expect((await fetchFile(url.replace('%3D', '%253D'))).status).toBe(403);
		expect((await fetchFile(url.replace(/[^/]+\.jpeg/, other))).status).toBe(403);
		const signedTwice = await fetchFile(url, { authorization: `Bearer ${emulator.apiKey}` });
		expect(signedTwice.status).toBe(400);
		expect(signedTwice.data.toString()).toContain('<Code>InvalidAuthenticationInfo</Code>');
		expect(emulator.fileRequests.map((request) => request.status)).toEqual([403, 403, 403, 400]);
	});
});

/** How far apart two pictures are, in brightness (0 to 255), both made as small as an icon. */
async function difference(left: Buffer, right: Buffer): Promise<number> {
	const [a, b] = await Promise.all(
		[left, right].map((picture) => sharp(picture).resize(64, 64).raw().toBuffer()),
	);
	if (!a || a.length !== b?.length) throw new Error('The pictures have different channels.');
	return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

describe('records', () => {
	it('keep every request as it was sent', async () => {
		const { id } = emulator.addImage({ id: 'a b' });
		await send('POST', '/images/upscale', { image_id: id, extra: [1] });
		await retrieve(id);
		expect(emulator.requests).toMatchObject([
			{
				method: 'POST',
				path: '/api/images/upscale',
				body: { image_id: id, extra: [1] },
				status: 200,
			},
			{ method: 'GET', path: '/api/images/a%20b', status: 200 },
		]);
		expect(emulator.requests[0]?.headers.authorization).toBe(`Bearer ${emulator.apiKey}`);
	});

	it('tell when a request is over, and that it had no answer', async () => {
		const events = new EventEmitter();
		await start({ onRequest: (request) => events.emit('over', request) });
		const over = once(events, 'over');
		emulator.fault('*', { cut: 'before' });
		await expect(upscale('any')).rejects.toThrow();
		const [request] = await over;
		expect(request).toMatchObject({ method: 'POST', body: { image_id: 'any' } });
		expect(request).not.toHaveProperty('status');
	});

	it('tell how many submits were in flight at once', async () => {
		emulator.workMs = 100;
		await Promise.all(emulator.addImages(7).map(async ({ id }) => await upscale(id)));
		expect(emulator.maxInFlight).toBe(7);
		emulator.maxInFlight = 0;
		for (const { id } of emulator.addImages(2)) await upscale(id);
		expect(emulator.maxInFlight).toBe(1);
	});
});

describe('faults', () => {
	let id: string;
	beforeEach(() => {
		id = emulator.addImage().id;
	});

	it('answer something else, with nothing charged', async () => {
		emulator.fault(id, { status: 429, headers: { 'retry-after': '2' }, body: { message: 'Slow' } });
		expect(await upscale(id)).toMatchObject({
			status: 429,
			headers: { 'retry-after': '2' },
			data: { message: 'Slow' },
		});
		expect(emulator.spent).toBe(0);
		expect((await upscale(id)).status).toBe(200);
	});

	it('answer something else although the work was accepted', async () => {
		const contentType = 'text/html';
		emulator.fault(id, { status: 502, body: '<html>', contentType, accepted: true });
		const { status, headers, data } = await upscale(id);
		expect([status, headers['content-type'], data]).toEqual([502, 'text/html', '<html>']);
		await emulator.settled();
		expect((await retrieve(id)).data.upscaled).toBe(true);
		expect(emulator.spent).toBe(3);
	});

	it('can be an empty body, broken JSON, or a redirect', async () => {
		const location = 'http://127.0.0.1:9/login';
		emulator.fault(id, { status: 200 });
		emulator.fault(id, { status: 200, contentType: 'application/json', body: '{"id":' });
		emulator.fault(id, { status: 302, headers: { location } });
		expect(await upscale(id)).toMatchObject({ status: 200, data: '' });
		expect(await upscale(id)).toMatchObject({ status: 200, data: '{"id":' });
		expect(await upscale(id)).toMatchObject({ status: 302, headers: { location } });
	});

	it.each([
		{ cut: 'before', spent: 0, upscaled: false },
		{ cut: 'after', spent: 3, upscaled: true },
		{ cut: 'body', spent: 3, upscaled: true },
	] as const)('cut the connection: $cut', async ({ cut, spent, upscaled }) => {
		emulator.fault(id, { cut, resetAfterMs: 1 });
		await expect(upscale(id)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
		await emulator.settled();
		expect(emulator.spent).toBe(spent);
		expect((await retrieve(id)).data.upscaled).toBe(upscaled);
	});

	it('send half of a body that is cut, under the headers of the whole', async () => {
		emulator.fault(id, { on: 'file', cut: 'body' });
		const url = await imageUrl(id);
		const answer = await fetch(url);
		const announced = Number(answer.headers.get('content-length'));
		let received = 0;
		const read = async () => {
			for await (const chunk of answer.body ?? []) received += chunk.length;
		};
		await expect(read()).rejects.toThrow('terminated');
		expect(received).toBe(Math.floor(announced / 2));
		expect((await fetchFile(url)).data).toHaveLength(announced);
	});

	it('delay the answer', async () => {
		emulator.fault(id, { delayMs: 200 });
		const answered: string[] = [];
		const submits = [id, emulator.addImage({ id: 'prompt' }).id].map(async (image) =>
			answered.push((await upscale(image)).data.id),
		);
		await Promise.all(submits);
		expect(answered).toEqual(['prompt', id]);
	});

	it('hang without accepting, until the emulator closes', async () => {
		emulator.fault(id, { hang: true });
		const hanging = expect(upscale(id)).rejects.toMatchObject({ code: 'ECONNRESET' });
		await upscale(emulator.addImage().id);
		await emulator.close();
		await hanging;
		expect(emulator.charges(id)).toEqual([]);
	});

	it('happen in order, as often as told, own ones before those for any', async () => {
		emulator.fault('*', { status: 500, times: Infinity });
		emulator.fault(id, { status: 503, times: 2 });
		emulator.fault(id, { status: 504 });
		const statuses = [];
		for (let count = 0; count < 5; count++) statuses.push((await upscale(id)).status);
		expect(statuses).toEqual([503, 503, 504, 500, 500]);
	});

	it('concern the operation they are for', async () => {
		emulator.fault('*', { on: 'balance', status: 200, contentType: 'text/html', body: '<html>' });
		emulator.fault(id, { on: 'retrieve', status: 404 });
		emulator.fault(emulator.modelId, { on: 'generate', status: 418 });
		const url = (await upscale(id)).data.image_url;
		emulator.fault(id, { on: 'file', status: 500 });
		expect((await balance()).data).toBe('<html>');
		expect((await balance()).data).toEqual({ remaining_balance: 99_997 });
		expect([(await retrieve(id)).status, (await retrieve(id)).status]).toEqual([404, 200]);
		expect([(await generate({})).status, (await generate({})).status]).toEqual([418, 200]);
		expect([(await fetchFile(url)).status, (await fetchFile(url)).status]).toEqual([500, 200]);
	});

	it('refuse what DeepMode would refuse anyway', async () => {
		emulator.credits = 0;
		emulator.fault(id, { hang: true, accepted: true });
		expect((await upscale(id)).status).toBe(402);
	});
});

describe('callbacks', () => {
	let receiver: FastifyInstance;
	let received: unknown[];
	let url: string;

	beforeEach(async () => {
		received = [];
		receiver = fastify({ forceCloseConnections: true });
		receiver.post('/done', async ({ body, query }, reply) => {
			received.push({ body, query });
			return await reply.code(202).send();
		});
		url = `${await receiver.listen({ host: '127.0.0.1', port: 0 })}/done?for=me`;
	});
	afterEach(async () => await receiver.close());

	it('bring the image when the work is done', async () => {
		const image = emulator.addImage();
		expect((await upscale(image.id, url)).data).toEqual({ message: 'Upscaling images...' });
		await emulator.settled();
		const body = { ...image, upscaled: true, image_url: expect.any(String) };
		expect(received).toEqual([{ body, query: { for: 'me' } }]);
		expect(emulator.callbacks).toEqual([{ url, body, status: 202 }]);
		expect(emulator.spent).toBe(3);
	});

	it('bring generated images', async () => {
		emulator.generateShape = 'images';
		await generate({ num_images: 2, callback: url });
		await emulator.settled();
		const ids = emulator.charges().map((charge) => ({ id: charge.image_id }));
		expect(received).toMatchObject([{ body: { images: ids } }]);
		expect(ids).toHaveLength(2);
	});

	it('are lost, repeated, replaced, or late', async () => {
		const { id } = emulator.addImage();
		emulator.fault(id, { on: 'callback', lost: true });
		emulator.fault(id, { on: 'callback', repeat: 3, callbackDelayMs: 1 });
		emulator.fault(id, { on: 'callback', callbackBody: { message: 'Failed' } });
		const counts = [];
		for (let count = 0; count < 3; count++) {
			await upscale(id, url);
			await emulator.settled();
			counts.push(received.length);
		}
		expect(counts).toEqual([0, 3, 4]);
		expect(received[3]).toMatchObject({ body: { message: 'Failed' } });
		expect(emulator.spent).toBe(9);
	});

	it('are repeated when all are', async () => {
		emulator.callbackRepeats = 2;
		await upscale(emulator.addImage().id, url);
		await emulator.settled();
		expect(received).toHaveLength(2);
	});

	it('are not tried again when nobody is there', async () => {
		await receiver.close();
		await upscale(emulator.addImage().id, url);
		await emulator.settled();
		expect(emulator.callbacks).toMatchObject([{ url, error: expect.stringContaining('failed') }]);
		expect(emulator.callbacks[0]).not.toHaveProperty('status');
	});
});

it('serves a thousand images', async () => {
	const images = emulator.addImages(1000);
	const httpAgent = new Agent({ keepAlive: true, maxSockets: 50 });
	const headers = { authorization: `Bearer ${emulator.apiKey}` };
	const submit = async (image_id: string) =>
		await axios.post(`${emulator.url}/api/images/upscale`, { image_id }, { headers, httpAgent });
	const answers = await Promise.all(images.map(async ({ id }) => await submit(id)));
	expect(answers.map(({ data }) => data.id)).toEqual(images.map(({ id }) => id));
	expect(emulator.spent).toBe(3000);
	expect(emulator.maxInFlight).toBeLessThanOrEqual(50);
});

it('closes in the middle of work and callbacks', async () => {
	await start({ workMs: 60_000 });
	const { id } = emulator.addImage();
	emulator.fault(id, { status: 504, accepted: true });
	await upscale(id);
	await emulator.close();
	await emulator.settled();
	expect(emulator.charges(id)).toHaveLength(1);
});
