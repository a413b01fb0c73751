import { isRecord } from '../isRecord';
import { shorten } from '../text';

/** Nobody hides a message deeper than this, and a body may be as deep as its sender likes. */
const DEEPEST = 4;
/** How many places are searched for it; a body may also be as wide as its sender likes. */
const MOST_PLACES = 50;
/** How much of a text is read, in characters. */
const LONGEST_TEXT = 4000;

/**
 * The API's own message, wherever an API of this kind puts it. The shape of DeepMode's error bodies
 * is not documented.
 *
 * @returns at most 300 characters, "" if there is none
 */
export function apiMessage(body: unknown): string {
	return shorten(findMessage(body, 0, { left: MOST_PLACES }), 300);
}

function findMessage(body: unknown, depth: number, places: { left: number }): string {
	if (depth > DEEPEST || places.left <= 0) return '';
	places.left -= 1;
	if (typeof body === 'string') return withoutMarkup(body);
	const messageIn = (value: unknown) => findMessage(value, depth + 1, places);
	if (Array.isArray(body)) return body.slice(0, 10).map(messageIn).filter(Boolean).join('; ');
	if (!isRecord(body)) return '';
	const { message, detail, error, errors, msg, loc, title, reason, code } = body;
	if (typeof msg === 'string') return `${placeOf(loc)}${shorten(msg, LONGEST_TEXT)}`;
	for (const value of [message, detail, error, errors, title, reason, code]) {
		const found = messageIn(value);
		if (found) return found;
	}
	return '';
}

/** Where a field is wrong, as FastAPI tells it: `["body", "image_id"]`. */
function placeOf(loc: unknown): string {
	const parts = Array.isArray(loc)
		? loc.slice(0, 10).filter((part) => typeof part === 'string' || typeof part === 'number')
		: [];
	return parts.length > 0 ? `${parts.join('.')}: ` : '';
}

function withoutMarkup(text: string): string {
	return (
		text
			.slice(0, LONGEST_TEXT)
			// No pattern reads past the next tag of its kind: else broken pages take long.
			.replace(/<(script|style)\b(?:[^<]|<(?!\/?(?:script|style)\b))*<\/\1>/gi, ' ')
			.replace(/<[^<>]*>/g, ' ')
			.replace(/\s+/g, ' ')
			.trim()
	);
}
