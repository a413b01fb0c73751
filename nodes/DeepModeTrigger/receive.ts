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
import type { CallbackTicket, Refusal } from '../shared/callback/signature';
import { CALLBACK_EVENTS, readSignedQuery, verifyCallback } from '../shared/callback/signature';
import { readDownloadField } from '../shared/files/downloadFields';
import type { CallbackBody, Delivery } from './callbackContent';
import { fingerprint, isCallbackBody, readDelivery } from './callbackContent';
import { refetchDelivery, withDownloads } from './refetch';
import { once } from './repeats';

/** What the workflow starts with. */
interface Received {
	items: INodeExecutionData[];
	/** Whether a repeat of the callback could bring nothing new. */
	isFinal: boolean;
}

/**
 * This room is the trigger: who may call (`receive`), what a call says (`callbackContent`), what the
 * API says to it (`refetch`), and whether it came before (`repeats`). It may use `shared`.
 *
 * Answers a callback and starts the workflow with one item per image: 200 `{ received: n }`, 401
 * for what is not signed as it must be, 400 for a body without an object. It never throws: n8n would
 * start the workflow with an error, for anybody who calls.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await receiveCallback(context);
	} catch (error) {
		context.logger.error(`${nameOf(context)} could not take a callback: ${String(error)}`);
		return answer(context, 500, 'The trigger could not take the callback; n8n’s log says why');
	}
}

async function receiveCallback(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const ticket = await readTicket(context);
	if (typeof ticket === 'string') return refuse(context, 401, `it is ${ticket}`);
	const body = bodyOf(context);
	if (!isCallbackBody(body)) {
		return refuse(context, 400, 'its body is no JSON object and no list of objects');
	}

	const read = async () => await readCallback(context, body, ticket, options.refetch === true);
	const ignoresRepeats = options.ignoreRepeats !== false && context.getMode() !== 'manual';
	if (!ticket || !ignoresRepeats) return start(context, await read());
	const response = await once(repeatKey(context, ticket, body), async () => {
		const received = await read();
		return { result: start(context, received), counts: received.isFinal };
	});
	return response ?? { webhookResponse: { received: 0 } };
}

async function readCallback(
	context: IWebhookFunctions,
	body: CallbackBody,
	ticket: CallbackTicket | undefined,
	refetches: boolean,
): Promise<Received> {
	const field = readDownloadField(context, (name, defaultValue) =>
		context.getNodeParameter(name, defaultValue as string),
	);
	if (!refetches && !field) return toReceived(readDelivery(body, ticket));
	const client = await Client.connect(context);
	const reader = new ImageReader(client, new Sender());
	const delivery = await refetchDelivery(body, ticket, reader);
	return field ? await withDownloads(context, reader, delivery, field) : toReceived(delivery);
}

function toReceived({ items, isFinal }: Delivery): Received {
	return { items: items.map((json) => ({ json })), isFinal };
}

/** @returns nothing where none is asked for; anything but an explicit "none" asks for one */
async function readTicket(
	context: IWebhookFunctions,
): Promise<CallbackTicket | Refusal | undefined> {
	if (context.getNodeParameter('authentication') === 'none') return undefined;
	const query = readSignedQuery(context.getQueryData() as Record<string, unknown>);
	// Whoever is not signed at all is not worth a decryption.
	if (typeof query === 'string') return query;
	return verifyCallback(query, (await Client.connect(context)).apiKey, CALLBACK_EVENTS);
}

/** Hashed, since it is kept, and its sender chooses its length. */
function repeatKey(context: IWebhookFunctions, ticket: CallbackTicket, body: CallbackBody): string {
	const parts = [context.getWorkflow().id, context.getNode().id, ticket.nonce, fingerprint(body)];
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
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

/** From the bytes, so that it does not depend on the content type that DeepMode sends. */
function bodyOf(context: IWebhookFunctions): unknown {
	const text = context.getRequestObject().rawBody?.toString() ?? '';
	return jsonParse<unknown>(text.replace(/^\ufeff/, ''), { fallbackValue: null });
}

function refuse(context: IWebhookFunctions, status: number, reason: string): IWebhookResponseData {
	context.logger.warn(`${nameOf(context)} refused a callback: ${reason}`);
	return answer(context, status, `The callback is refused: ${reason}`);
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message }).end();
	return { noWebhookResponse: true };
}

function nameOf(context: IWebhookFunctions): string {
	return `DeepMode Trigger "${context.getNode().name}" of workflow ${context.getWorkflow().id}`;
}
