import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { parse } from 'qs';

/** A request as a node gets it from n8n's web server, as far as nodes look at it. */
export interface WebRequest {
	query: Record<string, unknown>;
	headers: IncomingHttpHeaders;
	params: object;
	/** What was JSON, else an empty object. */
	body: object;
	rawBody?: Buffer;
}

/** A response as a node gets it. */
export interface WebResponse {
	status: (code: number) => WebResponse;
	json: (body: unknown) => WebResponse;
	end: () => WebResponse;
}

/** A query string as n8n has its web server read it: what Express calls the extended way. */
export function parseQuery(query: string): Record<string, unknown> {
	return parse(query, { allowPrototypes: true });
}

/** @throws SyntaxError for a body that says it is JSON and is not */
export async function toWebRequest(request: IncomingMessage): Promise<WebRequest> {
	const { url = '', headers } = request;
	const rawBody = await buffer(request);
	const isJson = headers['content-type']?.startsWith('application/json') && rawBody.length > 0;
	return {
		query: parseQuery(url.split('?')[1] ?? ''),
		headers,
		params: {},
		body: isJson ? (JSON.parse(rawBody.toString()) as object) : {},
		rawBody,
	};
}

export function toWebResponse(response: ServerResponse): WebResponse {
	const own: WebResponse = {
		status: (code) => {
			response.statusCode = code;
			return own;
		},
		json: (body) => {
			response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
			return own;
		},
		end: () => {
			response.end();
			return own;
		},
	};
	return own;
}
