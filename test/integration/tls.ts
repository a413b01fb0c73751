import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server that answers over TLS, with a certificate that nobody trusts. */
export async function startUntrusted(): Promise<Server> {
	const folder = mkdtempSync(join(tmpdir(), 'deepmode-certificate-'));
	try {
		const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [
			string,
			string,
		];
		execFileSync(
			'openssl',
			[
				'req',
				'-x509',
				'-newkey',
				'rsa:2048',
				'-nodes',
				'-days',
				'1',
				'-subj',
				'/CN=localhost',
			].concat(['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert]),
			{ stdio: 'ignore' },
		);
		return await listening(
			createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
				response.end('{}'),
			),
		);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/**
 * A server below HTTP.
 *
 * @param onData what it does when somebody begins to speak
 */
export async function startBelowHttp(onData: (socket: Socket) => void): Promise<Server> {
	const server = createServer((socket) => {
		// Whoever leaves in the middle is no error here.
		socket.on('error', () => undefined);
		socket.once('data', () => onData(socket));
	});
	return await listening(server);
}

export function portOf(server: Server): number {
	return (server.address() as AddressInfo).port;
}

/** Closes a server, and whatever is still connected to it. */
export async function shut(server: Server): Promise<void> {
	const closed = once(server, 'close');
	server.close();
	connections.get(server)?.forEach((socket) => socket.destroy());
	await closed;
}

const connections = new WeakMap<Server, Set<Socket>>();

async function listening(server: Server): Promise<Server> {
	const sockets = new Set<Socket>();
	connections.set(server, sockets);
	server.on('connection', (socket: Socket) => sockets.add(socket));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}
