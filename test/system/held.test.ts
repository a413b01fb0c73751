import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { TriggerUnderTest } from '../integration/callbacks';
import { execute } from '../integration/engine';
import { sendPicture } from '../shared/httpServer';
import { finishedImage, signedQuery } from '../shared/signedCallback';

const MEGABYTE = 1024 * 1024;
/** Images that one execution upscales. */
const IMAGES = 500;
const API_KEY = 'dm_test_key';

/**
 * An API that keeps nothing: an image is upscaled by the answer to its submission, and one whose ID
 * starts with "done" was before. Every picture has 1 MB.
 */
const api = createServer(async (request, response) => {
	if (request.url === '/picture') return sendPicture(response, MEGABYTE);
	let body = '';
	for await (const part of request) body += String(part);
	const id = body
		? (JSON.parse(body) as { image_id: string }).image_id
		: request.url?.split('/').at(-1);
	const upscaled = body !== '' || id?.startsWith('done');
	const image = { id, upscaled, image_url: `http://${request.headers.host}/picture` };
	response.setHeader('content-type', 'application/json').end(JSON.stringify(image));
});

beforeAll(async () => await new Promise<void>((done) => api.listen(0, '127.0.0.1', done)));
afterAll(() => {
	api.close();
	api.closeAllConnections();
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in memory and needed, in MB. */
async function held(): Promise<number> {
	// What was collected can let go of more.
	for (let times = 0; times < 3; times += 1) {
		collect();
		await new Promise((resolve) => setImmediate(resolve));
	}
	return process.memoryUsage().heapUsed / MEGABYTE;
}

function credentials() {
	const { port } = api.address() as AddressInfo;
	return { apiKey: API_KEY, baseUrl: `http://127.0.0.1:${port}` };
}

async function upscale(executions: number): Promise<void> {
	for (let execution = 0; execution < executions; execution += 1) {
		const ids = Array.from({ length: IMAGES }, (_, row) => ({ id: `${execution}-${row}` }));
		const { outputs } = await execute(credentials(), ids);
		expect(outputs[0]).toHaveLength(IMAGES);
	}
}

it('nothing is held of 20,000 upscales', async () => {
	await upscale(2);
	const before = await held();

	await upscale(40);

	const growth = (await held()) - before;
	process.stdout.write(`20,000 upscales: ${growth.toFixed(1)} MB more in memory\n`);
	expect(growth).toBeLessThan(5);
}, 1_200_000);

it('nothing is held of 10,000 callbacks with files of 1 MB', async () => {
	const trigger = new TriggerUnderTest(credentials(), { download: true });
	const call = async (count: number, from: number) => {
		for (let row = from; row < from + count; row += 1) {
			const imageId = `done-${row}`;
			const query = signedQuery(API_KEY, { imageId });
			expect(await trigger.call(query, finishedImage(imageId))).toMatchObject({
				status: 200,
				files: [['data']],
			});
		}
	};
	await call(100, 0);
	const before = await held();

	await call(10_000, 100);

	const growth = (await held()) - before;
	process.stdout.write(`10,000 callbacks with files: ${growth.toFixed(1)} MB more in memory\n`);
	expect(growth).toBeLessThan(20);
}, 1_200_000);
