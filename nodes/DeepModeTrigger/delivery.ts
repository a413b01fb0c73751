import type { IDataObject } from 'n8n-workflow';

import type { CallbackTicket } from '../shared/callback';
import type { DeepModeClient } from '../shared/client';
import { apiMessage } from '../shared/apiMessage';
import type { DeepModeImage } from '../shared/image';
import { isImage } from '../shared/image';
import { isImageId } from '../shared/parameters';

/** How long a refetch may take, in milliseconds: DeepMode waits for the answer to its callback. */
const REFETCH_TIMEOUT = 15_000;

/** What a callback brought. */
export interface Delivery {
	/** One for each image: its fields, `event`, and what the ticket says. */
	items: IDataObject[];
	/** Whether a repeat of the callback could bring nothing new. */
	isFinal: boolean;
}

/**
 * Makes items of a callback's body.
 *
 * @param bodies image objects, or what came in the place of one
 * @param ticket of the callback URL, if it is signed
 * @param client for reading each image again; without it the body is believed
 */
export async function readDelivery(
	bodies: IDataObject[],
	ticket: CallbackTicket | undefined,
	client: DeepModeClient | undefined,
): Promise<Delivery> {
	const delivery: Delivery = { items: [], isFinal: true };
	for (const body of bodies) {
		const image = client && (await refetch(client, body, ticket));
		const isDone = image !== undefined && isResult(image, ticket);
		// The API knows nothing of failures: unless the image is there after all, the body tells.
		const news = isImage(body) || isDone ? (image ?? body) : body;
		if (client && isImage(body) && !isDone) delivery.isFinal = false;
		delivery.items.push({
			...describe(news, ticket),
			...(client && { refetched: news === image }),
		});
	}
	return delivery;
}

function describe(body: IDataObject, ticket: CallbackTicket | undefined): IDataObject {
	const asked = ticket && {
		context: ticket.context,
		image_id: ticket.imageId,
		callback_id: ticket.nonce,
	};
	if (!isImage(body)) {
		return { event: 'image.failed', message: apiMessage(body), body, ...asked };
	}
	const event = ticket?.event ?? (body.upscaled ? 'image.upscaled' : 'image.generated');
	return { ...body, event, ...asked };
}

/**
 * Reads the image again. The body's word for its ID counts only where the ticket names no image, or
 * one that is not upscaled: whoever has seen the URL can send any body to it.
 */
async function refetch(
	client: DeepModeClient,
	body: IDataObject,
	ticket: CallbackTicket | undefined,
): Promise<DeepModeImage | undefined> {
	const ids = new Set([ticket?.imageId, body.id].filter(isImageId));
	let found: DeepModeImage | undefined;
	for (const id of ids) {
		const answer = await client.retrieve(id, REFETCH_TIMEOUT);
		if (!('status' in answer) || answer.status !== 200 || !isImage(answer.body)) continue;
		if (isResult(answer.body, ticket)) return answer.body;
		found ??= answer.body;
	}
	return found;
}

/** Whether an image is what was asked for, and not what it was before. */
function isResult(image: DeepModeImage, ticket: CallbackTicket | undefined): boolean {
	return ticket?.event !== 'image.upscaled' || image.upscaled === true;
}
