import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { execute } from '../integration/engine';

const MEGABYTE = 1024 * 1024;
/** Images that one execution upscales. */
const IMAGES = 500;

/** An API that keeps nothing: an image is upscaled by the answer to its submission. */
const api = createServer(async (request, response) => {
	let body = '';
	for await (const part of request) body += String(part);
	const id = body
		? (JSON.parse(body) as { image_id: string }).image_id
		: request.url?.split('/').at(-1);
	const image = { id, upscaled: body !== '', image_url: 'https://images.example.com/a' };
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

async function upscale(executions: number): Promise<void> {
	const { port } = api.address() as AddressInfo;
	const credentials = { apiKey: 'dm_test_key', baseUrl: `http://127.0.0.1:${port}` };
	for (let execution = 0; execution < executions; execution += 1) {
		const ids = Array.from({ length: IMAGES }, (_, row) => ({ id: `${execution}-${row}` }));
		const { outputs } = await execute(credentials, ids);
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
