import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';

import type { CallbackTicket, Refusal } from '../shared/callback';
import { verifyCallback } from '../shared/callback';
import { DeepModeClient } from '../shared/client';
import { findImages } from '../shared/image';
import type { Delivery } from './delivery';
import { readDelivery } from './delivery';
import { once } from './repeats';

/**
 * Answers a callback and starts the workflow with one item per image: 200 `{ received: n }`, 401
 * for what is not signed as it must be, 400 for a body without images. It never throws: n8n would
 * start the workflow with an error, for anybody who calls.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const isSigned = context.getNodeParameter('authentication') === 'signature';
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const needsApi = isSigned || options.refetch === true;

	let client: DeepModeClient | undefined;
	try {
		client = needsApi ? await DeepModeClient.connect(context) : undefined;
	} catch (error) {
		context.logger.error(`DeepMode Trigger cannot use its credential: ${String(error)}`);
		return answer(context, 500, 'The credential of the trigger cannot be used');
	}

	const ticket = isSigned && client ? verifyCallback(queryOf(context), client.apiKey) : undefined;
	if (isRefusal(ticket)) return refuse(context, 401, `it is ${ticket}`);
	const bodies = findImages(bodyOf(context));
	if (!bodies) return refuse(context, 400, 'its body is no JSON object or list of images');

	const read = async () =>
		await readDelivery(bodies, ticket, options.refetch === true ? client : undefined);
	const ignoresRepeats = options.ignoreRepeats !== false && context.getMode() !== 'manual';
	return ticket && ignoresRepeats
		? await startOnce(context, ticket, bodies, read)
		: start(context, await read());
}

async function startOnce(
	context: IWebhookFunctions,
	ticket: CallbackTicket,
	bodies: IDataObject[],
	read: () => Promise<Delivery>,
): Promise<IWebhookResponseData> {
	const ids = bodies.map(({ id }) => String(id)).sort();
	const key = JSON.stringify([context.getWorkflow().id, context.getNode().id, ticket.nonce, ids]);
	let response: IWebhookResponseData = { webhookResponse: { received: 0 } };
	await once(key, async () => {
		const delivery = await read();
		response = start(context, delivery);
		return delivery.isFinal;
	});
	return response;
}

/** Starts the workflow, if the events are among those that the user selected. */
function start(context: IWebhookFunctions, { items }: Delivery): IWebhookResponseData {
	const events = context.getNodeParameter('events') as string[];
	const selected = items.filter(({ event }) => events.includes(String(event)));
	return {
		webhookResponse: { received: selected.length },
		...(selected.length > 0 && { workflowData: [selected.map((json) => ({ json }))] }),
	};
}

function queryOf(context: IWebhookFunctions): Record<string, unknown> {
	return context.getQueryData() as Record<string, unknown>;
}

/** From the bytes, so that it does not depend on the content type that DeepMode sends. */
function bodyOf(context: IWebhookFunctions): unknown {
	const { rawBody } = context.getRequestObject();
	return rawBody ? jsonParse<unknown>(rawBody.toString(), { fallbackValue: null }) : null;
}

function isRefusal(ticket: CallbackTicket | Refusal | undefined): ticket is Refusal {
	return typeof ticket === 'string';
}

function refuse(context: IWebhookFunctions, status: number, reason: string): IWebhookResponseData {
	context.logger.warn(`DeepMode Trigger refused a callback: ${reason}`, {
		workflowId: context.getWorkflow().id,
		nodeName: context.getNode().name,
	});
	return answer(context, status, `The callback is refused: ${reason}`);
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message }).end();
	return { noWebhookResponse: true };
}
