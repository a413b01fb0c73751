import { createHash } from 'crypto';
import type {
	IDataObject,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';

import { Client } from '../shared/api/client';
import { ImageReader } from '../shared/api/imageReader';
import { Sender } from '../shared/api/sender';
import { LARGEST_BODY } from '../shared/callback/largestBody';
import type { CallbackTicket } from '../shared/callback/signature';
import { LIFETIME } from '../shared/callback/signature';
import { readDownloadField } from '../shared/files/downloadFields';
import { freeClaim } from '../shared/inWork';
import { rareLine } from '../shared/rareLines';
import { shorten } from '../shared/text';
import type { CallbackBody, Delivery } from './callbackContent';
import { fingerprint, isCallbackBody, isTooMuch, readDelivery } from './callbackContent';
import { isAllowedIp, readTicket } from './caller';
import { refetchDelivery, withDownloads } from './refetch';
import { once } from './repeats';

/** What the workflow starts with. */
interface Received {
	items: INodeExecutionData[];
	/** Whether a repeat of the callback could bring nothing new. */
	isFinal: boolean;
}

/**
 * This room is the trigger: who may call (`caller`), what a call says (`callbackContent`), what the
 * API says to it (`refetch`), and whether it came before (`repeats`). It may use `shared`.
 *
 * Answers a callback and starts the workflow with one item per image: 200 `{ received: n }`. What a
 * caller gets instead is in docs/callbacks.md. It never throws: n8n would start the workflow with an
 * error, for anybody who calls.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receiveCallback(context);
	} catch (error) {
		const failed = `${nameOf(context)} could not take a callback`;
		const line = rareLine(failed, `${failed}: ${shorten(String(error), 300)}`);
		if (line) context.logger.error(line);
		return answer(context, 500, 'The trigger could not take the callback; n8n’s log says why');
	}
}

async function receiveCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	if (!isAllowedIp(context, options.allowedIps)) {
		return refuse(context, 403, 'its IP address is not in the IP(s) Allowlist');
	}
	// Before the signature, which can take a second: so nobody has n8n keep large bodies.
	const bytes = await readBody(context);
	if (!bytes || bytes.length > LARGEST_BODY) {
		return refuse(context, 413, `its body has more than ${LARGEST_BODY} bytes`);
	}
	const ticket = await readTicket(context);
	if (typeof ticket === 'string') return refuse(context, 401, `it is ${ticket}`);
	const body = parseBody(bytes);
	if (!isCallbackBody(body)) {
		return refuse(
			context,
			400,
			'its body is no JSON object and no list of objects, or has too much in it',
		);
	}

	const field = readDownloadField(context, (name, defaultValue) =>
		context.getNodeParameter(name, defaultValue as string),
	);
	const asksApi = options.refetch === true || field !== undefined;
	const read = async () => {
		const received = asksApi
			? await readFromApi(context, body, ticket, field)
			: toReceived(readDelivery(body, ticket));
		if (ticket && received.items.some(({ json }) => json.event === 'image.failed')) {
			// It was signed when it was sent: what was submitted since then has not failed by that.
			const signedBefore = (ticket.expires - LIFETIME + 1) * 1000;
			freeClaim(ticket.account, ticket.imageId, signedBefore);
		}
		return received;
	};
	const ignoresRepeats = options.ignoreRepeats !== false && context.getMode() !== 'manual';
	if (!ticket || !ignoresRepeats) return start(context, await read());
	const whole = repeatKey(context, ticket, bytes);
	const key = asksApi ? repeatKey(context, ticket, fingerprint(body)) : whole;
	const readAndStart = async () => {
		const received = await read();
		return { result: start(context, received), isFinal: received.isFinal };
	};
	const first = await once(key, context.getResponseObject(), readAndStart, whole);
	if (first === 'repeat') return { webhookResponse: { received: 0 } };
	if (first === 'open') {
		return answer(context, 503, 'n8n is still busy with the same callback; come again later');
	}
	return first.result;
}

async function readFromApi(
	context: IWebhookFunctions,
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
	field: string | undefined,
): Promise<Received> {
	const client = await Client.connect(context);
	const reader = new ImageReader(
		client,
		new Sender(client.account, true, undefined, context.logger),
	);
	const delivery = await refetchDelivery(body, ticket, reader);
	return field ? await withDownloads(context, reader, delivery, field) : toReceived(delivery);
}

function toReceived({ items, isFinal }: Delivery): Received {
	return { items: items.map((json) => ({ json })), isFinal };
}

/**
 * What tells one callback from another. As a body comes from anybody who has seen the URL, it is all
 * of it: else a forged one could take the place of the genuine one. Where the API is asked, whoever
 * calls, the result is DeepMode's own, and the images are enough.
 *
 * @returns a hash, since it is kept
 */
function repeatKey(
	context: IWebhookFunctions,
	ticket: CallbackTicket,
	content: string | Buffer,
): string {
	const place = [context.getWorkflow().id, context.getNode().id, ticket.nonce];
	return createHash('sha256').update(JSON.stringify(place)).update(content).digest('base64');
}

/** Starts the workflow, if the events are among those that the user selected. */
function start(context: IWebhookFunctions, { items }: Received): IWebhookResponseData {
	const events = [context.getNodeParameter('events')].flat();
	const selected = items.filter(({ json }) => events.includes(json.event));
	return {
		webhookResponse: { received: selected.length },
		...(selected.length > 0 && { workflowData: [selected] }),
	};
}

/** n8n has read it only where it knows the content type. @returns nothing if n8n takes none so large */
async function readBody(context: IWebhookFunctions): Promise<Buffer | undefined> {
	const request = context.getRequestObject();
	try {
		await request.readRawBody();
	} catch (error) {
		if ((error as { status?: number }).status === 413) return undefined;
		// Nothing is left of it, e.g. of a form, which n8n has taken apart.
	}
	return request.rawBody ?? Buffer.alloc(0);
}

/** From the bytes, so that it does not depend on the content type. @returns null if it is none */
function parseBody(bytes: Buffer): unknown {
	const json = bytes.toString().replace(/^\ufeff/, '');
	return isTooMuch(json) ? null : jsonParse<unknown>(json, { fallbackValue: null });
}

function refuse(context: IWebhookFunctions, status: number, reason: string): IWebhookResponseData {
	const refused = `${nameOf(context)} refused a callback: ${reason}`;
	const line = rareLine(refused, refused);
	if (line) context.logger.warn(line);
	return answer(context, status, `The callback is refused: ${reason}`);
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message }).end();
	return { noWebhookResponse: true };
}

function nameOf(context: IWebhookFunctions): string {
	return `DeepMode Trigger "${context.getNode().name}" of workflow ${context.getWorkflow().id}`;
}
