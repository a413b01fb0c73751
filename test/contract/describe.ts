import type { Exchange } from './api';
import { apiMessage, isRecord, shorten, type Answer, type Reply } from './package';

/** Headers whose values tell something of how the API is to be used. */
const TELLING = /^retry-after$|ratelimit|rate-limit/i;
const DEEPEST = 3;
const MOST_FIELDS = 16;

/** What came back, in words: the status, the shape of the body, and the API's own message. */
export function describe({ reply, seconds }: Exchange): string {
	const time = `after ${seconds.toFixed(1)} s`;
	if (!('status' in reply)) return `no answer ${time}: ${reply.reason}`;
	const words =
		typeof reply.body === 'string' || isRecord(reply.body) ? apiMessage(reply.body) : '';
	return [
		`${reply.status} ${time}`,
		...redirection(reply),
		...tellingHeaders(reply.headers),
		content(reply),
		...(words ? [`it says “${shorten(words, 160)}”`] : []),
	].join(', ');
}

/** Why an answer tells nothing about the API's contract; nothing if it does. */
export function noContract(reply: Reply): string | undefined {
	if (!('status' in reply)) return 'there was no answer';
	if (reply.status >= 300 && reply.status < 400) return 'this is a redirect';
	if (reply.status === 429 || reply.status >= 500) return 'the service was busy or failing';
	const isPage = typeof reply.body === 'string' && reply.body.trimStart().startsWith('<');
	return isPage ? 'this is a page, and no answer of an API' : undefined;
}

/** The names of headers and, of those that are about rates, the values. */
export function tellingHeaders(headers: Answer['headers']): string[] {
	return Object.entries(headers)
		.filter(([name]) => TELLING.test(name))
		.map(([name, value]) => `${name}: ${value}`);
}

/** A value without what is in it: names, and types. */
export function shape(value: unknown, depth = 0): string {
	if (Array.isArray(value)) {
		return value.length === 0 ? '[]' : `[${value.length} × ${shape(value[0], depth + 1)}]`;
	}
	if (typeof value === 'string') return /^https?:\/\//.test(value) ? 'URL' : 'text';
	if (!isRecord(value)) return typeof value === 'boolean' ? String(value) : typeOf(value);
	if (depth >= DEEPEST) return '{…}';
	const fields = Object.entries(value)
		.slice(0, MOST_FIELDS)
		.map(([name, field]) => `${shorten(name, 40)}: ${shape(field, depth + 1)}`);
	return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function typeOf(value: unknown): string {
	return value === null ? 'null' : typeof value;
}

function redirection({ headers }: Answer): string[] {
	const { location } = headers;
	if (location === undefined) return [];
	return [URL.canParse(location) ? `to ${new URL(location).origin}` : 'to another path'];
}

function content({ headers, body }: Answer): string {
	if (body === '') return 'an empty body';
	return typeof body === 'string'
		? `${headers['content-type'] ?? 'text of no type'}`
		: `JSON ${shape(body)}`;
}
