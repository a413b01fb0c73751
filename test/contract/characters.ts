import axios from 'axios';
import fastify from 'fastify';

import type { Emulator } from '../emulator';

/** A request to the API, before anybody has seen it. */
export interface Request {
	method: string;
	path: string;
	headers: Record<string, string>;
	body: Record<string, unknown> | undefined;
}

export interface Answer {
	status: number;
	headers?: Record<string, string>;
	body: unknown;
}

/**
 * How an API behaves that is not as documented.
 *
 * @param forward asks the emulator
 * @returns the answer; nothing for one that never ends
 */
export type Manner = (
	request: Request,
	forward: () => Promise<Answer>,
) => Promise<Answer | undefined>;

/** The emulator behind somebody with manners of his own. */
export async function startCharacter(
	emulator: Emulator,
	manner: Manner,
): Promise<{ url: string; close: () => Promise<void> }> {
	const server = fastify({ forceCloseConnections: true });
	server.all('*', async ({ method, url: path, headers, body }, reply) => {
		const request = { method, path, headers, body } as Request;
		const answer = await manner(request, async () => await ask(emulator, request));
		if (answer === undefined) {
			reply.hijack();
			reply.raw.writeHead(200, { 'content-type': 'application/json' });
			return reply.raw.write(' ');
		}
		const isText = typeof answer.body === 'string';
		return reply
			.code(answer.status)
			.type(isText ? 'text/html' : 'application/json')
			.headers(answer.headers ?? {})
			.send(isText ? answer.body : JSON.stringify(answer.body));
	});
	const url = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url, close: async () => await server.close() };
}

async function ask({ url }: Emulator, { method, path, headers, body }: Request): Promise<Answer> {
	const response = await axios.request<unknown>({
		baseURL: url,
		url: path,
		method,
		headers: { Authorization: headers.authorization },
		data: body,
		validateStatus: () => true,
	});
	return { status: response.status, body: response.data };
}

/** Every unknown of the documentation, the other way than this package assumes. */
export function otherWay(): Manner {
	let upscales = 0;
	return async ({ method, path, body }, forward) => {
		const answer = await forward();
		if (answer.status === 401) return { status: 403, body: { error: { message: 'Bad key' } } };
		if (path === '/api/check-balance') return withBalanceAsText(answer);
		if (method === 'GET') {
			return answer.status === 404 ? { status: 400, body: { msg: 'No such image' } } : answer;
		}
		if (answer.status === 404) return { status: 200, body: { message: 'Nothing was found' } };
		if (answer.status === 422) return { status: 400, body: 'Something is missing' };
		if (path.endsWith('generate')) return { ...answer, body: { data: { images: answer.body } } };
		if (body?.callback !== undefined) return answer;
		upscales += 1;
		return upscales === 1
			? { ...answer, body: { ...(answer.body as object), id: 'another-id' } }
			: { status: 409, body: { detail: 'It is upscaled already' } };
	};
}

function withBalanceAsText({ status, body }: Answer): Answer {
	const { remaining_balance: balance } = body as { remaining_balance: number };
	return {
		status,
		headers: { 'x-ratelimit-remaining': '7' },
		body: { remaining_balance: String(balance) },
	};
}

/** A page for everything, with all in it that it was told. */
export const pages: Manner = async ({ headers, path }) => ({
	status: 200,
	headers: { 'x-key': String(headers.authorization) },
	body: `<html><title>${headers.authorization}</title>Sign in at https://x.example/?sig=S3cret&p=${path}`,
});

/** A redirect of everything, with the key in its address. */
export const redirects =
	(to: string): Manner =>
	async ({ headers }) => ({
		status: 307,
		headers: { location: `${to}/?key=${encodeURIComponent(String(headers.authorization))}` },
		body: {},
	});

/** Answers that never end. */
export const slow: Manner = async () => undefined;
