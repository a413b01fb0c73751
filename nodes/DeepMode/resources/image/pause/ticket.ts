import type { IWebhookFunctions } from 'n8n-workflow';

import { apiMessage } from '../../../../shared/api/apiMessage';
import { findImages, isUpscaled } from '../../../../shared/api/image';
import { LARGEST_BODY } from '../../../../shared/callback/largestBody';
import { LIFETIME, signCallbackUrl } from '../../../../shared/callback/signature';
import { verifyCaller } from '../../../../shared/callback/verifyCaller';
import { isRecord } from '../../../../shared/isRecord';

/** DeepMode's word that it gave an image up. */
export interface ToldFailure {
	imageId: string;
	/** Why, in DeepMode's words or in ours. */
	words: string;
}

/**
 * Where DeepMode is to call for an image: the resume URL, with a ticket beside n8n's parameters, so
 * that a word on the image's failure can be believed.
 *
 * @param round of the execution, which is not parked yet
 * @param maxWait how long it stays parked at most, in milliseconds
 */
export function ticketUrl(
	resumeUrl: string,
	imageId: string,
	{ round, maxWait, apiKey }: { round: string; maxWait: number; apiKey: string },
): string {
	const event = 'pause.upscaled';
	const lifetime = LIFETIME + maxWait / 1000;
	return signCallbackUrl(resumeUrl, { event, imageId, context: { round }, lifetime }, apiKey);
}

/**
 * What a call says beside "look": that an image failed. Whoever says so without a ticket for that
 * image in that round says nothing.
 */
export async function readToldFailure(
	context: IWebhookFunctions,
	round: string,
): Promise<ToldFailure | undefined> {
	// In a wide body, to ask for its names alone takes half a second.
	if (sizeOf(context) > LARGEST_BODY) return undefined;
	const body: unknown = context.getBodyData();
	if (!tellsFailure(body)) return undefined;
	const ticket = await verifyCaller(context, ['pause.upscaled'], Infinity);
	if (typeof ticket === 'string' || ticket.context.round !== round) return undefined;
	const words = apiMessage(body) || 'DeepMode called back without an image';
	return { imageId: ticket.imageId, words };
}

/** @returns bytes, as far as n8n has read any */
function sizeOf(context: IWebhookFunctions): number {
	return context.getRequestObject().rawBody?.length ?? 0;
}

/** Whoever has an image, or says that it is upscaled, or says nothing, tells of no failure. */
function tellsFailure(body: unknown): boolean {
	const isSaying = isRecord(body) && Object.keys(body).length > 0;
	return isSaying && !isUpscaled(body) && findImages(body).length === 0;
}
