import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { apiMessage } from '../shared/api/apiMessage';
import type { CallbackTicket } from '../shared/callback/signature';
import type { DeepModeClient } from '../shared/api/client';
import { downloadImage } from '../shared/files/download';
import type { DeepModeImage } from '../shared/api/image';
import { findImages, isImage, isRecord, isUpscaled } from '../shared/api/image';
import type { Outcome } from '../shared/api/outcome';
import { judgeLook } from '../shared/api/outcome';
import { isImageId } from '../DeepMode/resources/image/parameters';
import type { Connection } from '../DeepMode/run/run';

/** How long all refetches of a call may take, in milliseconds: DeepMode waits for an answer. */
const REFETCH_TIMEOUT = 15_000;

/** How long all downloads of a call may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 60_000;

/** What a callback brings, before anything is made of it. */
export type CallbackBody = IDataObject | IDataObject[];

/** Fields that the trigger adds; a body must not pass its own off as these. */
const OWN_FIELDS = ['event', 'context', 'image_id', 'callback_id', 'refetched', 'download_problem'];

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

/** What makes a callback different from another of the same ticket; a fresh URL does not. */
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
			: [failureItem(apiMessage(body), { body }, ticket)];
	return { items, isFinal: true };
}

/**
 * Makes items of what the API says, now that a callback came. What the ticket names is looked up,
 * and not what the body names: whoever has seen the URL can send any body to it. If the API cannot
 * be asked, the items come from the body after all.
 */
export async function refetchDelivery(
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
	client: DeepModeClient,
): Promise<Delivery> {
	const delivery: Delivery = { items: [], isFinal: true };
	const deadline = Date.now() + REFETCH_TIMEOUT;
	const received = findImages(body);
	const ids = ticket?.imageId ? [ticket.imageId] : [...new Set(received.map(({ id }) => `${id}`))];

	for (const id of ids.filter(isImageId)) {
		const outcome = await lookUp(client, id, deadline);
		const sent = received.find((image) => `${image.id}` === id) ?? received[0];
		const item = refetchedItem(outcome, sent, body, ticket);
		if (item.event === 'image.failed' || item.refetched === false) delivery.isFinal = !sent;
		delivery.items.push(item);
	}
	return delivery.items.length > 0 ? delivery : readDelivery(body, ticket);
}

async function lookUp(client: DeepModeClient, id: string, deadline: number): Promise<Outcome> {
	const timeout = deadline - Date.now();
	if (timeout <= 0) return { is: 'unknown', seen: 'the time was over', isBrief: false };
	return judgeLook(await client.retrieve(id, timeout));
}

function refetchedItem(
	outcome: Outcome,
	sent: DeepModeImage | undefined,
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
): IDataObject {
	if (outcome.is === 'image' && (sent || isResult(outcome.image, ticket))) {
		return { ...imageItem(outcome.image, ticket), refetched: true };
	}
	if (outcome.is === 'refused') {
		const message = `DeepMode called back, but does not show the image (status ${outcome.status})`;
		return { ...failureItem(apiMessage(body) || message, { body }, ticket), refetched: true };
	}
	return sent
		? { ...imageItem(sent, ticket), refetched: false }
		: { ...failureItem(apiMessage(body), { body }, ticket), refetched: outcome.is === 'image' };
}

function imageItem(image: DeepModeImage, ticket: CallbackTicket | undefined): IDataObject {
	if (!isResult(image, ticket)) {
		return failureItem('DeepMode called back, but the image is not upscaled', image, ticket);
	}
	const event = ticket?.event ?? (image.upscaled ? 'image.upscaled' : 'image.generated');
	return { ...withoutOwnFields(image), event, ...asked(ticket) };
}

function failureItem(
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
function isResult(image: DeepModeImage, ticket: CallbackTicket | undefined): boolean {
	return ticket?.event !== 'image.upscaled' || image.upscaled !== false;
}

function withoutOwnFields(fields: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name)));
}

/**
 * Puts the files of images beside their items. Only what the API said is downloaded: no address from
 * a callback's body is ever fetched. An item whose file cannot be had starts the workflow without.
 *
 * @param field the binary field
 */
export async function withDownloads(
	delivery: Delivery,
	connection: Connection,
	field: string,
): Promise<{ items: INodeExecutionData[]; isFinal: boolean }> {
	const deadline = Date.now() + DOWNLOAD_TIMEOUT;
	const downloads = await Promise.all(
		delivery.items.map(async (json) =>
			json.refetched === true && isImage(json)
				? await downloadImage(connection, json, deadline)
				: { problem: 'there is no image from the API' },
		),
	);
	const items = delivery.items.map((json, index): INodeExecutionData => {
		const download = downloads[index];
		return download && 'binary' in download
			? { json, binary: { [field]: download.binary } }
			: { json: { ...json, download_problem: download?.problem } };
	});
	const isComplete = items.every(({ json, binary }) => binary ?? json.event === 'image.failed');
	return { items, isFinal: delivery.isFinal && isComplete };
}
