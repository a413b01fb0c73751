import type { IncomingHttpHeaders } from 'node:http';

import axios from 'axios';
import fastify from 'fastify';

import { waitFor } from '../shared/waitFor';

const PROBE = 'contract-probe';
const PROBE_TIMEOUT_MS = 15_000;

/** A call that came. */
export interface Call {
	at: number;
	method: string;
	headers: IncomingHttpHeaders;
	/** As n8n gives it: a name that comes twice has a list. */
	query: Record<string, unknown>;
	/** Parsed JSON, or the text of anything else. */
	body: unknown;
	/** What it was answered with. */
	status: number;
}

/** Listens on loopback for what comes to the callback URL. */
export class CallbackListener {
	readonly calls: Call[] = [];
	private readonly server = fastify({ forceCloseConnections: true });

	/** @param url what leads to this machine, e.g. through a tunnel */
	constructor(readonly url: string) {
		this.server.removeAllContentTypeParsers();
		this.server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
			done(null, body);
		});
		this.server.all('*', async ({ method, headers, query, body }, reply) => {
			if (Object.hasOwn(query as object, PROBE)) return { here: true };
			// Refused once, to see whether DeepMode tries again.
			const status = this.calls.length === 0 ? 503 : 200;
			const call = { at: Date.now(), method, headers, body: parsed(body), status };
			this.calls.push({ ...call, query: query as Record<string, unknown> });
			return reply.code(status).send({});
		});
	}

	/** @throws when the port is taken */
	async listen(port: number): Promise<void> {
		await this.server.listen({ host: '127.0.0.1', port });
	}

	async close(): Promise<void> {
		await this.server.close();
	}

	/** Whether a call of the URL arrives here, seen from this machine. */
	async isReached(): Promise<boolean> {
		const url = new URL(this.url);
		url.searchParams.set(PROBE, '');
		const answer = await axios
			.post<{ here?: boolean }>(url.href, {}, { timeout: PROBE_TIMEOUT_MS, maxRedirects: 0 })
			.catch(() => undefined);
		return answer?.data.here === true;
	}

	/** Starts anew. */
	forget(): void {
		this.calls.length = 0;
	}

	/** Waits for one more call than there were. */
	async next(timeoutMs: number): Promise<void> {
		const before = this.calls.length;
		await waitFor('a callback', () => this.calls.length > before, { timeoutMs }).catch(() => {});
	}
}

function parsed(body: unknown): unknown {
	try {
		return JSON.parse(String(body));
	} catch {
		return String(body ?? '');
	}
}
