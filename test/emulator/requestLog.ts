import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedRequest {
	/** Milliseconds since the epoch. */
	at: number;
	method: string;
	/** Path and query as they were sent, still encoded. */
	path: string;
	headers: IncomingHttpHeaders;
	/** The parsed JSON. */
	body?: unknown;
	/** Missing until the answer is out, and for good if there was none. */
	status?: number;
}

/** Every request to one server. */
export class RequestLog {
	readonly requests: RecordedRequest[] = [];
	/** The most submits (POST requests) that were in flight at once; set it to 0 to start anew. */
	maxInFlight = 0;
	private inFlight = 0;
	private readonly records = new WeakMap<FastifyRequest, RecordedRequest>();

	/** @param onDone called with each request when it is over, answered or not */
	constructor(private readonly onDone: (request: RecordedRequest) => void = () => {}) {}

	/** Records every request that `server` gets from now on. */
	attach(server: FastifyInstance): void {
		server.addHook('onRequest', async (request, reply) => {
			const { method, url: path, headers } = request;
			const record: RecordedRequest = { at: Date.now(), method, path, headers };
			this.requests.push(record);
			this.records.set(request, record);
			const weight = method === 'POST' ? 1 : 0;
			this.inFlight += weight;
			this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
			reply.raw.once('close', () => {
				this.inFlight -= weight;
				if (reply.raw.headersSent) record.status = reply.raw.statusCode;
				this.onDone(record);
			});
		});
		server.addHook('preValidation', async (request) => {
			const record = this.records.get(request);
			if (record) record.body = request.body;
		});
	}
}
