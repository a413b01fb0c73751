import { createHmac, randomUUID, timingSafeEqual } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';

import { isRecord } from '../isRecord';

/**
 * DeepMode does not sign its callbacks, so the URL that it is given proves itself: it carries what
 * the callback is about, and a signature that only somebody with the API key can make.
 * The scheme, with test vectors: docs/callbacks.md.
 *
 * This room is what the node that asks for a callback and the trigger that receives it agree on.
 */

/** What a callback is asked for. */
export type CallbackEvent = 'image.upscaled' | 'image.generated';
/** The callback comes to a paused execution, and to no trigger. */
export type PauseEvent = 'pause.upscaled';

/** What comes to a trigger. */
export const CALLBACK_EVENTS: readonly CallbackEvent[] = ['image.upscaled', 'image.generated'];

/** What a callback URL says about the callback that comes to it. */
export interface CallbackTicket<Event extends string = CallbackEvent> {
	event: Event;
	/** The image that was asked for; "" where there is none yet. */
	imageId: string;
	/** What the user wants to find again beside the result. */
	context: IDataObject;
	/** Unique for each URL. */
	nonce: string;
}

/** How long a callback URL is good, in seconds, unless it is asked for longer. */
export const LIFETIME = 24 * 60 * 60;
/** How far the clock of the n8n that signed may be ahead of the one that checks, in seconds. */
const CLOCK_SKEW = 5 * 60;
/** The most that `dm_context` may take in the URL, in characters. */
const MAX_CONTEXT = 2048;

/** Derives a key of its own from the API key, so that a signature helps against nothing else. */
const SCHEME = 'n8n-nodes-deepmode/callback/v1';
/** The signed parameters, in the order in which they are signed. */
const SIGNED = ['dm_event', 'dm_image', 'dm_context', 'dm_expires', 'dm_nonce'] as const;

export type SignedParameters = Record<(typeof SIGNED)[number], string>;

/**
 * Adds a signed ticket to a callback URL. The URL's own query stays as it is.
 *
 * @param callbackUrl an http(s) URL
 * @param ticket what the callback will be about, and how long it may take, in seconds
 * @param apiKey the key that DeepMode and n8n share
 * @param now milliseconds since 1970
 * @param nonce unique for each URL
 */
export function signCallbackUrl(
	callbackUrl: string,
	{
		lifetime = LIFETIME,
		...ticket
	}: Omit<CallbackTicket<CallbackEvent | PauseEvent>, 'nonce'> & { lifetime?: number },
	apiKey: string,
	now = Date.now(),
	nonce: string = randomUUID(),
): string {
	const parameters: SignedParameters = {
		dm_event: ticket.event,
		dm_image: ticket.imageId,
		dm_context: encodeContext(ticket.context),
		dm_expires: String(Math.floor(now / 1000 + lifetime)),
		dm_nonce: nonce,
	};
	const message = signedMessage(parameters);
	const url = new URL(callbackUrl);
	const own = url.search.slice(1);
	url.search = `${own}${own && '&'}${message}&dm_signature=${signature(message, signingKey(apiKey))}`;
	url.hash = '';
	return url.href;
}

/** Why a callback is not let in, for the log. */
export type Refusal =
	| 'unsigned'
	| 'incomplete or doubled'
	| 'malformed'
	| 'expired'
	| 'altered'
	| 'unreadable';

type SignedQuery = SignedParameters & { dm_signature: string };

/**
 * Looks whether the query of a callback can be one that the node signed, as far as that shows
 * without a key. Names that do not start with `dm_` are nobody's business.
 *
 * @param query decoded names and values, as n8n gives them
 * @param events what it may be for
 * @param now milliseconds since 1970
 * @param lifetime how long such a URL is good at most, in seconds
 */
export function readSignedQuery(
	query: Record<string, unknown>,
	events: readonly string[],
	now = Date.now(),
	lifetime = LIFETIME,
): SignedQuery | Refusal {
	if (query.dm_signature === undefined) return 'unsigned';
	if (!isComplete(query)) return 'incomplete or doubled';
	const { dm_signature: signed, dm_event: event, dm_expires: expires } = query;
	if (!/^[0-9a-f]{64}$/.test(signed) || !events.includes(event) || !/^\d+$/.test(expires)) {
		return 'malformed';
	}
	const left = Number(expires) - now / 1000;
	if (left < 0) return 'expired';
	return left <= lifetime + CLOCK_SKEW ? query : 'malformed';
}

/**
 * Checks a signed query.
 *
 * @param key the key it must be signed with
 * @param events what it may be for; any other is unreadable
 */
export function verifyCallback<Event extends string>(
	query: SignedQuery,
	key: Buffer,
	events: readonly Event[],
): CallbackTicket<Event> | Refusal {
	if (!isSame(query.dm_signature, signature(signedMessage(query), key))) return 'altered';
	const context = decodeContext(query.dm_context);
	const event = events.find((name) => name === query.dm_event);
	if (!isRecord(context) || event === undefined) return 'unreadable';
	return {
		event,
		imageId: query.dm_image,
		context,
		nonce: query.dm_nonce,
	};
}

/** The key that signs callback URLs; nobody can call the API with it. */
export function signingKey(apiKey: string): Buffer {
	return createHmac('sha256', apiKey).update(SCHEME).digest();
}

/** Whether a context fits into a callback URL, once it is encoded. */
export function isContextTooLong(context: IDataObject): boolean {
	return encodeContext(context).length > MAX_CONTEXT;
}

function decodeContext(encoded: string): unknown {
	const text = Buffer.from(encoded, 'base64url').toString();
	return jsonParse<unknown>(text, { fallbackValue: null });
}

function encodeContext(context: IDataObject): string {
	return Buffer.from(JSON.stringify(context)).toString('base64url');
}

/** A parameter that occurs twice is a list here, and its parts in brackets are an object. */
function isComplete(query: Record<string, unknown>): query is SignedQuery {
	return [...SIGNED, 'dm_signature'].every((name) => {
		const value = query[name];
		return typeof value === 'string' && value.isWellFormed();
	});
}

/** What is signed. The values are encoded, so that none can pass for a separator. */
export function signedMessage(parameters: SignedParameters): string {
	return SIGNED.map((name) => `${name}=${encodeURIComponent(parameters[name])}`).join('&');
}

function signature(message: string, key: Buffer): string {
	return createHmac('sha256', key).update(message).digest('hex');
}

function isSame(given: string, expected: string): boolean {
	const [a, b] = [Buffer.from(given), Buffer.from(expected)];
	return a.length === b.length && timingSafeEqual(a, b);
}
