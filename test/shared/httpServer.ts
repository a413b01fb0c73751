import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that does as a test tells it. */
export interface HttpServer {
	/** Without a slash at the end. */
	url: string;
	requests: IncomingMessage[];
	close: () => void;
}

export async function startHttpServer(answer: RequestListener): Promise<HttpServer> {
	const requests: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		requests.push(request);
		answer(request, response);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

const chunk = Buffer.alloc(64 * 1024);

/** Answers with a picture of so many bytes, as fast as it is taken. */
export function sendPicture(response: ServerResponse, size: number): void {
	response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': size });
	let left = size;
	const send = () => {
		while (left > 0) {
			const part = chunk.subarray(0, left);
			left -= part.length;
			if (!response.write(part)) return void response.once('drain', send);
		}
		response.end();
	};
	send();
}
