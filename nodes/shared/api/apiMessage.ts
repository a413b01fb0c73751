import { isRecord } from '../isRecord';
import { shorten } from '../text';

/** Nobody hides a message deeper than this, and a body may be as deep as its sender likes. */
const DEEPEST = 4;

/**
 * The API's own message, wherever an API of this kind puts it. The shape of DeepMode's error bodies
 * is not documented.
 *
 * @returns at most 300 characters, "" if there is none
 */
export function apiMessage(body: unknown): string {
	return shorten(findMessage(body, 0), 300);
}

function findMessage(body: unknown, depth: number): string {
	if (typeof body === 'string') return withoutMarkup(body);
	if (depth > DEEPEST) return '';
	const messageIn = (value: unknown) => findMessage(value, depth + 1);
	if (Array.isArray(body)) return body.slice(0, 10).map(messageIn).filter(Boolean).join('; ');
	if (!isRecord(body)) return '';
	const { message, detail, error, errors, msg, loc, title, reason, code } = body;
	if (typeof msg === 'string') return `${placeOf(loc)}${msg}`;
	const places = [message, detail, error, errors, title, reason, code];
	return places.map(messageIn).find(Boolean) ?? '';
}

/** Where a field is wrong, as FastAPI tells it: `["body", "image_id"]`. */
function placeOf(loc: unknown): string {
	const parts = Array.isArray(loc)
		? loc.filter((part) => typeof part === 'string' || typeof part === 'number')
		: [];
	return parts.length > 0 ? `${parts.join('.')}: ` : '';
}

function withoutMarkup(text: string): string {
	return (
		text
			// The patterns below take long for a page that is long and broken.
			.slice(0, 4000)
			.replace(/<(script|style)\b[^]*?<\/\1>/gi, ' ')
			.replace(/<[^>]*>/g, ' ')
			.replace(/\s+/g, ' ')
			.trim()
	);
}
