import type { ServerResponse } from 'node:http';

import type { HttpServer } from '../shared/httpServer';
import { startHttpServer } from '../shared/httpServer';
import { waitFor } from '../shared/waitFor';
import { onMovedClock } from './clock';
import { execute } from './engine';

let host: HttpServer | undefined;
afterEach(() => {
	host?.close();
	host = undefined;
});

const SECOND = 1000;

/** Sends a byte a second, for ever. */
function drip(write: () => void, response: ServerResponse): void {
	const dripping = setInterval(write, SECOND);
	response.once('close', () => clearInterval(dripping));
}

function dripBody(response: ServerResponse, contentType: string): void {
	response.writeHead(200, { 'content-type': contentType });
	drip(() => response.write(' '), response);
}

function dripHeaders(response: ServerResponse): void {
	response.socket?.write('HTTP/1.1 200 OK\r\nX-Drip: ');
	drip(() => response.socket?.write('x'), response);
}

function answerWithDrippingFile(url: string, response: ServerResponse): void {
	if (url === '/file') return dripBody(response, 'image/jpeg');
	const id = url.split('/').at(-1);
	const image = { id, upscaled: true, file_name: 'a.jpeg', image_url: `${host?.url}/file` };
	response.setHeader('content-type', 'application/json').end(JSON.stringify(image));
}

it.each([
	['headers', dripHeaders],
	['body', (response: ServerResponse) => dripBody(response, 'application/json')],
	['file', (response: ServerResponse, url: string) => answerWithDrippingFile(url, response)],
])('a request whose %s never ends has no socket once its time is over', async (_, answer) => {
	host = await startHttpServer((request, response) => answer(response, String(request.url)));
	const credentials = { apiKey: 'dm_test_key', baseUrl: host.url };
	const parameters = { operation: 'get', download: true, options: { timeout: 60 } };

	const { result, passed } = await onMovedClock(
		async () => await execute(credentials, [{ id: 'a' }], { parameters }),
	);

	expect(result.error?.message).toBeDefined();
	expect(passed).toBeGreaterThan(58 * SECOND);
	expect(passed).toBeLessThanOrEqual(61 * SECOND);
	const { requests } = host;
	// Left alone, it would be silent now, and n8n would end it after half a minute.
	const areClosed = () => requests.every(({ socket }) => socket.destroyed);
	await waitFor('every socket to be closed', areClosed, { timeoutMs: 10_000 });
});
