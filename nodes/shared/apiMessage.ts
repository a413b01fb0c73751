import { isRecord } from './image';

/**
 * The API's own message, wherever an API of this kind puts it. The shape of DeepMode's error bodies
 * is not documented.
 *
 * @returns at most 300 characters, "" if there is none
 */
export function apiMessage(body: unknown): string {
	return shorten(findMessage(body), 300);
}

function findMessage(body: unknown): string {
	if (typeof body === 'string') return withoutMarkup(body);
	if (Array.isArray(body)) return body.map(findMessage).filter(Boolean).join('; ');
	if (!isRecord(body)) return '';
	const { message, detail, error, msg, loc } = body;
	if (typeof msg === 'string') return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : msg;
	return [message, detail, error].map(findMessage).find(Boolean) ?? '';
}

function withoutMarkup(text: string): string {
	return text
		.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
		.replace(/<[^>]*>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
}

/** Cuts a text that is too long to be read, between characters. */
export function shorten(text: string, length: number): string {
	const characters = Array.from(text);
	return characters.length > length ? `${characters.slice(0, length).join('')}…` : text;
}
