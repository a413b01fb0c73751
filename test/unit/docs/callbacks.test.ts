import { execFileSync } from 'node:child_process';

import {
	readSignedQuery,
	CALLBACK_EVENTS,
	signCallbackUrl,
	signingKey,
	verifyCallback,
} from '../../../nodes/shared/callback/signature';
import { readDocument } from './markdown';

const { tables, blocks } = readDocument('docs/callbacks.md');
const vectors = (tables.find(({ heading }) => heading === 'Test vectors')?.rows ?? [])
	.slice(1)
	.map((row) => row.map((cell) => cell.replaceAll('`', '')));

it('has test vectors', () => {
	expect(vectors.length).toBeGreaterThanOrEqual(3);
});

it.each(vectors)('%s of "%s" with %s is signed as written down', (...vector) => {
	const [event, imageId, context, encodedContext, signature] = vector as [
		'image.upscaled',
		string,
		string,
		string,
		string,
	];
	const signedAt = (1767225600 - 24 * 60 * 60) * 1000;
	const nonce = '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f';
	const ticket = { event, imageId, context: JSON.parse(context) as object as never };

	const url = signCallbackUrl('https://example.com/', ticket, 'dm_test_key', signedAt, nonce);

	expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
		dm_event: event,
		dm_image: imageId,
		dm_context: encodedContext,
		dm_expires: '1767225600',
		dm_nonce: nonce,
		dm_signature: signature,
	});
});

describe('the example in shell', () => {
	const script = blocks.find(({ language }) => language === 'sh')?.text ?? '';
	const run = (env: Record<string, string>) =>
		new URL(
			execFileSync('sh', ['-c', script], {
				env: { ...process.env, ...env },
				encoding: 'utf8',
			}).trim(),
		);

	it('makes the URL of the first test vector', () => {
		const url = run({ EXPIRES: '1767225600' });

		expect(url.searchParams.get('dm_signature')).toBe(vectors[0]?.[4]);
	});

	it('makes a URL that the trigger lets in', () => {
		const url = run({});

		const query = readSignedQuery(Object.fromEntries(url.searchParams), CALLBACK_EVENTS);
		expect(
			typeof query === 'string'
				? query
				: verifyCallback(query, signingKey('dm_test_key'), CALLBACK_EVENTS),
		).toEqual({
			event: 'image.upscaled',
			imageId: 'c6b8a9f7e5d1c3a2f91e3',
			context: { row: 7 },
			nonce: '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f',
		});
	});
});
