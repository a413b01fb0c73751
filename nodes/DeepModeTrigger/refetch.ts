import type { IDataObject, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

import { apiMessage } from '../shared/api/apiMessage';
import type { DeepModeImage } from '../shared/api/image';
import { findImages, isImage, isUpscaled } from '../shared/api/image';
import { isImageId } from '../shared/api/imageId';
import type { ImageReader } from '../shared/api/imageReader';
import type { Outcome } from '../shared/api/outcome';
import type { CallbackTicket } from '../shared/callback/signature';
import { withFiles } from '../shared/files/withFiles';
import type { CallbackBody, Delivery } from './callbackContent';
import { excerpt, failureItem, imageItem, isResult, readDelivery } from './callbackContent';

/** How long all refetches of a call may take, in milliseconds: DeepMode waits for an answer. */
const REFETCH_TIMEOUT = 15_000;

/** How long to look at an image that is said to be done, in milliseconds. */
const CATCH_UP = 5000;

/** How long all downloads of a call may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 60_000;

/**
 * Makes items of what the API says, now that a callback came. What the ticket names is looked up,
 * and not what the body names: whoever has seen the URL can send any body to it. If the API cannot
 * be asked, the items come from the body after all.
 */
export async function refetchDelivery(
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
	reader: ImageReader,
): Promise<Delivery> {
	const delivery: Delivery = { items: [], isFinal: true };
	const deadline = Date.now() + REFETCH_TIMEOUT;
	const received = findImages(body);
	const ids = ticket?.imageId ? [ticket.imageId] : [...new Set(received.map(({ id }) => `${id}`))];

	for (const id of ids.filter(isImageId)) {
		const sent = received.find((image) => `${image.id}` === id) ?? received[0];
		const outcome = await lookFor(id, sent, ticket, reader, deadline);
		const item = refetchedItem(outcome, sent, body, ticket);
		if (item.event === 'image.failed' || item.refetched === false) delivery.isFinal = !sent;
		delivery.items.push(item);
	}
	return delivery.items.length > 0 ? delivery : readDelivery(body, ticket);
}

/** Looks again for some seconds where a call says that it is done, and the API not yet. */
async function lookFor(
	id: string,
	sent: DeepModeImage | undefined,
	ticket: CallbackTicket | undefined,
	reader: ImageReader,
	deadline: number,
): Promise<Outcome | undefined> {
	const outcome = await reader.lookUntilAnswered(id, deadline);
	const isEarly =
		ticket &&
		sent &&
		isUpscaled(sent) &&
		outcome?.is === 'image' &&
		!isResult(outcome.image, ticket);
	if (!isEarly) return outcome;
	const until = Math.min(deadline, Date.now() + CATCH_UP);
	return (await reader.lookUntilUpscaled(id, until, deadline)) ?? outcome;
}

function refetchedItem(
	outcome: Outcome | undefined,
	sent: DeepModeImage | undefined,
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
): IDataObject {
	if (outcome?.is === 'image' && (sent || isResult(outcome.image, ticket))) {
		return { ...imageItem(outcome.image, ticket), refetched: true };
	}
	if (outcome?.is === 'refused') {
		const message = `DeepMode called back, but does not show the image (status ${outcome.status})`;
		return {
			...failureItem(apiMessage(body) || message, { body: excerpt(body) }, ticket),
			refetched: true,
		};
	}
	return sent
		? { ...imageItem(sent, ticket), refetched: false }
		: {
				...failureItem(apiMessage(body), { body: excerpt(body) }, ticket),
				refetched: outcome?.is === 'image',
			};
}

/**
 * Puts the files of images beside their items. Only what the API said is downloaded: no address from
 * a callback's body is ever fetched. An item whose file cannot be had starts the workflow without.
 *
 * @param field the binary field
 */
export async function withDownloads(
	context: IWebhookFunctions,
	reader: ImageReader,
	delivery: Delivery,
	field: string,
): Promise<{ items: INodeExecutionData[]; isFinal: boolean }> {
	const deadline = Date.now() + DOWNLOAD_TIMEOUT;
	const images = delivery.items.filter(isFromApi);
	const files = await withFiles(context, reader, images, { field, lanes: images.length, deadline });
	const items = delivery.items.map((json): INodeExecutionData => {
		const file = isFromApi(json) ? files[images.indexOf(json)] : undefined;
		if (file && 'binary' in file) return { json, binary: file.binary };
		const problem = file?.problem ?? 'there is no image from the API';
		return { json: { ...json, download_problem: problem } };
	});
	const isComplete = items.every(({ json, binary }) => binary ?? json.event === 'image.failed');
	return { items, isFinal: delivery.isFinal && isComplete };
}

function isFromApi(json: IDataObject): json is DeepModeImage {
	return json.refetched === true && isImage(json);
}
