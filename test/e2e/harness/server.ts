import { N8nProcess, prepare, type StartOptions } from './process';

/** An n8n server, with its editor and its REST API. */
export class N8nServer extends N8nProcess {
	/**
	 * The address of a production webhook, as n8n itself tells it.
	 *
	 * @param path - as n8n has it: the path of a Webhook node, `<webhookId>/<path>` of other triggers
	 */
	webhookUrl(path: string): string {
		return `${this.env.WEBHOOK_URL ?? this.url}/webhook/${path}`;
	}
}

/**
 * Starts an n8n server with the package in it, with data of its own and on free ports, and waits
 * until it is ready. Installs n8n first if need be.
 *
 * @throws when n8n ends or is not ready in time, with the end of its log
 */
export async function startN8n(options: StartOptions = {}): Promise<N8nServer> {
	const server = await prepareN8n(options);
	await server.start();
	return server;
}

/** The same without starting it, for a caller who may want to stop it while it starts. */
export async function prepareN8n(options: StartOptions = {}): Promise<N8nServer> {
	return new N8nServer('start', await prepare(options));
}
