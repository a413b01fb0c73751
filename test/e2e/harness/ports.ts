import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** What was found before, which may not be in use yet. */
const found = new Set<number>();

/**
 * Finds ports of the loopback interface that are free now. They are not reserved: another process
 * can take one before it is used.
 *
 * @param count - how many; they all differ, also from those that were found before
 */
export async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(Array.from({ length: count }, listen));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => once(server.close(), 'close')));
	const others = ports.filter((port) => !found.has(port));
	for (const port of others) found.add(port);
	return others.length === count
		? others
		: [...others, ...(await freePorts(count - others.length))];
}

async function listen(): Promise<Server> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}
