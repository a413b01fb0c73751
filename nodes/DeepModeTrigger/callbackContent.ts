import type { IDataObject } from 'n8n-workflow';

import { apiMessage } from '../shared/api/apiMessage';
import type { DeepModeImage } from '../shared/api/image';
import { findImages, isUpscaled, saysUpscaled } from '../shared/api/image';
import type { CallbackTicket } from '../shared/callback/signature';
import { isRecord } from '../shared/isRecord';

/** What a callback brings, before anything is made of it. */
export type CallbackBody = IDataObject | IDataObject[];

/** Fields that the trigger adds; a body must not pass its own off as these. */
const OWN_FIELDS = ['event', 'context', 'image_id', 'callback_id', 'refetched', 'download_problem'];

/** How much of a body a failure's item shows, in characters. */
const LONGEST_EXCERPT = 64 * 1024;

/**
 * How many lists and objects may be in each other. No result has as many, and what has many more keeps
 * n8n busy, or breaks who writes it as JSON again.
 */
const DEEPEST = 100;
/** The same for how much may be beside each other, counted by the commas between. */
const MOST_COMMAS = 10_000;

/** What a callback brought. */
export interface Delivery {
	/** One for each image: its fields, `event`, and what the ticket says. */
	items: IDataObject[];
	/** Whether a repeat of the callback could bring nothing new. */
	isFinal: boolean;
}

/** Whether a parsed body is a JSON object, or a list of objects. */
export function isCallbackBody(body: unknown): body is CallbackBody {
	return isRecord(body) || (Array.isArray(body) && (body.length === 0 || body.some(isRecord)));
}

/** Whether a JSON text is nested deeper, or has more in it, than any result. */
export function isTooMuch(json: string): boolean {
	let depth = 0;
	let commas = 0;
	let isText = false;
	for (let at = 0; at < json.length && depth <= DEEPEST && commas <= MOST_COMMAS; at++) {
		const character = json.charAt(at);
		// What is escaped ends no text.
		if (isText && character === '\\') at++;
		else if (character === '"') isText = !isText;
		else if (!isText && '[{'.includes(character)) depth++;
		else if (!isText && ']}'.includes(character)) depth--;
		else if (!isText && character === ',') commas++;
	}
	return depth > DEEPEST || commas > MOST_COMMAS;
}

/** What makes a callback different from another of the same ticket where the API tells the rest. */
export function fingerprint(body: CallbackBody): string {
	const images = findImages(body).map((image) => [String(image.id), isUpscaled(image)]);
	return JSON.stringify(images.length > 0 ? images.sort() : body);
}

/**
 * Makes items of a callback's body as it is.
 *
 * @param ticket of the callback URL, if it is signed
 */
export function readDelivery(body: CallbackBody, ticket: CallbackTicket | undefined): Delivery {
	const images = findImages(body);
	const items =
		images.length > 0
			? images.map((image) => imageItem(image, ticket))
			: [failureItem(apiMessage(body), { body: excerpt(body) }, ticket)];
	return { items, isFinal: true };
}

/** A body as a failure's item shows it: whole, or the beginning of its text. */
export function excerpt(body: CallbackBody): CallbackBody | string {
	const text = JSON.stringify(body);
	return text.length > LONGEST_EXCERPT ? text.slice(0, LONGEST_EXCERPT) : body;
}

/** The item of an image, for a ticket that asked for it. */
export function imageItem(image: DeepModeImage, ticket: CallbackTicket | undefined): IDataObject {
	if (!isResult(image, ticket)) {
		return failureItem('DeepMode called back, but the image is not upscaled', image, ticket);
	}
	const event = ticket?.event ?? (isUpscaled(image) ? 'image.upscaled' : 'image.generated');
	return { ...withoutOwnFields(image), event, ...asked(ticket) };
}

/** The item of a callback that brought no image, or not what was asked for. */
export function failureItem(
	message: string,
	fields: IDataObject,
	ticket: CallbackTicket | undefined,
): IDataObject {
	return { ...withoutOwnFields(fields), event: 'image.failed', message, ...asked(ticket) };
}

function asked(ticket: CallbackTicket | undefined): IDataObject {
	return ticket
		? { context: ticket.context, image_id: ticket.imageId, callback_id: ticket.nonce }
		: {};
}

/** Whether an image is what was asked for, and not what it was before. */
export function isResult(image: DeepModeImage, ticket: CallbackTicket | undefined): boolean {
	return ticket?.event !== 'image.upscaled' || saysUpscaled(image) !== false;
}

function withoutOwnFields(fields: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name)));
}
