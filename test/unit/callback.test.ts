import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';

import type { SignedParameters } from '../../nodes/shared/callback/signature';
import {
	isContextTooLong,
	readSignedQuery,
	CALLBACK_EVENTS,
	signCallbackUrl,
	signedMessage,
	signingKey,
	verifyCallback,
} from '../../nodes/shared/callback/signature';
import type { Signer } from '../../nodes/shared/callback/signingKeys';
import { signingKeys } from '../../nodes/shared/callback/signingKeys';

const TICKET = { event: 'image.upscaled', imageId: 'a', context: {} } as const;
const sign = (url: string, ticket: object = {}) =>
	new URL(signCallbackUrl(url, { ...TICKET, ...ticket }, 'dm_key'));
const verify = (url: URL, apiKey = 'dm_key') => {
	const query = readSignedQuery(Object.fromEntries(url.searchParams), CALLBACK_EVENTS);
	return typeof query === 'string'
		? query
		: verifyCallback(query, signingKey(apiKey), CALLBACK_EVENTS);
};

it.each([
	['https://n8n.example.com/webhook/1/deepmode', ''],
	['https://n8n.example.com/webhook/1/deepmode?', ''],
	['https://n8n.example.com/webhook/1/deepmode?team=a%20b&x=%26&x=2', 'team=a%20b&x=%26&x=2&'],
	['https://example.com/behind/a/prefix/webhook/1/deepmode?a', 'a&'],
	['https://example.com:8443/webhook/1/deepmode#part', ''],
])('keeps %s and its own query as they are', (callbackUrl, own) => {
	const url = sign(callbackUrl);
	const { origin, pathname } = new URL(callbackUrl);

	expect(url.origin + url.pathname).toBe(origin + pathname);
	expect(url.search.startsWith(`?${own}dm_event=image.upscaled&dm_image=a&`)).toBe(true);
	expect(url.hash).toBe('');
	expect(verify(url)).toMatchObject(TICKET);
});

it('gives every ticket a nonce of its own', () => {
	const nonces = Array.from({ length: 100 }, () =>
		sign('https://example.com/').searchParams.get('dm_nonce'),
	);

	expect(new Set(nonces).size).toBe(100);
});

it('carries any image ID and any context there and back', () => {
	fc.assert(
		fc.property(
			fc.string({ unit: 'binary' }).filter((id) => id.isWellFormed()),
			fc.dictionary(fc.string(), fc.jsonValue()),
			(imageId, context) => {
				const expected = JSON.parse(JSON.stringify({ imageId, context })) as object;
				const url = sign('https://example.com/?a=b', { imageId, context });

				expect(verify(url)).toMatchObject(expected);
			},
		),
	);
});

it('signs no two different tickets alike', () => {
	const part = fc.oneof(
		fc.string({ maxLength: 8 }),
		fc.stringMatching(/^[ab&=%_]{0,6}$/),
		fc.constantFrom('', '&dm_image=', 'a&dm_context=', '%26', '%', '=', 'dm_nonce'),
	);
	const tuple = fc.tuple(part, part, part, part, part);
	const moved = fc.tuple(tuple, fc.nat(3), fc.nat(8)).map(([parts, at, count]) => {
		const joined = `${parts[at]}&${parts[at + 1]}`;
		const other = [...parts];
		other.splice(at, 2, joined.slice(0, count), joined.slice(count));
		return [parts, other] as const;
	});
	const messageOf = ([dm_event, dm_image, dm_context, dm_expires, dm_nonce]: readonly string[]) =>
		signedMessage({ dm_event, dm_image, dm_context, dm_expires, dm_nonce } as SignedParameters);

	fc.assert(
		fc.property(fc.oneof(fc.tuple(tuple, tuple), moved), ([one, other]) => {
			fc.pre(one.some((value, index) => value !== other[index]));

			expect(messageOf(one)).not.toBe(messageOf(other));
		}),
		{ numRuns: 2000 },
	);
});

it('knows when a context is too long for a URL', () => {
	expect(isContextTooLong({ text: 'x'.repeat(1500) })).toBe(false);
	expect(isContextTooLong({ text: 'x'.repeat(1600) })).toBe(true);
	expect(isContextTooLong({ text: '猫'.repeat(600) })).toBe(true);
});

it.each([
	['no signature', { dm_signature: undefined }, 'unsigned'],
	['a name twice', { dm_nonce: ['a', 'b'] }, 'incomplete or doubled'],
	['a signature that is too short', { dm_signature: 'a'.repeat(63) }, 'malformed'],
	['a signature that is no hexadecimal number', { dm_signature: 'x'.repeat(64) }, 'malformed'],
	['an unknown event', { dm_event: 'image.deleted' }, 'malformed'],
	['an expiry that is no number', { dm_expires: '1e99' }, 'malformed'],
	['an expiry that is too far away', { dm_expires: `${1_700_000_000 + 90_000}` }, 'malformed'],
	['an expiry that has passed', { dm_expires: '1699999999' }, 'expired'],
])('sees without a key that a query is not good: %s', (_, parameters, refusal) => {
	const now = 1_700_000_000_000;
	const url = new URL(signCallbackUrl('https://example.com/', TICKET, 'dm_key', now));

	const query = { ...Object.fromEntries(url.searchParams), ...parameters };

	expect(readSignedQuery(query, CALLBACK_EVENTS, now)).toBe(refusal);
});

it('lets in what an n8n has signed whose clock is some minutes ahead', () => {
	const now = 1_700_000_000_000;
	const ahead = new URL(signCallbackUrl('https://example.com/', TICKET, 'dm_key', now + 240_000));

	expect(
		readSignedQuery(Object.fromEntries(ahead.searchParams), CALLBACK_EVENTS, now),
	).toBeInstanceOf(Object);
});

it('keeps the key that signs for a second, and then no more', async () => {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	jest.useFakeTimers();
	const kept: Array<WeakRef<Signer>> = [];
	const read = async () => {
		const signer = { key: signingKey('dm_key'), account: 'a' };
		kept.push(new WeakRef(signer));
		return await Promise.resolve(signer);
	};
	const isKept = async (milliseconds: number) => {
		await signingKeys('of a test', read).next();
		await jest.advanceTimersByTimeAsync(milliseconds);
		collect();
		return kept.at(-1)?.deref() !== undefined;
	};

	expect(await isKept(900)).toBe(true);
	expect(await isKept(200)).toBe(false);
	expect(kept).toHaveLength(1);
	jest.useRealTimers();
});
