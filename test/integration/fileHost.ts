import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server for files, which does as a test tells it. */
export interface FileHost {
	url: string;
	requests: IncomingMessage[];
	close: () => void;
}

export async function startFileHost(answer: RequestListener): Promise<FileHost> {
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
