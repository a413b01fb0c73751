import fc from 'fast-check';

import { apiMessage } from '../../nodes/shared/api/apiMessage';
import { findImages } from '../../nodes/shared/api/image';

it.each([
	['message', { message: 'Image not found' }, 'Image not found'],
	['detail', { detail: 'Image not found' }, 'Image not found'],
	[
		'a list of details',
		{ detail: [{ loc: ['body', 'image_id'], msg: 'field required' }, { msg: 'too long' }] },
		'body.image_id: field required; too long',
	],
	['error', { error: 'No credits' }, 'No credits'],
	['an error object', { error: { message: 'No credits', code: 7 } }, 'No credits'],
	['an empty message beside a detail', { message: '', detail: 'Gone' }, 'Gone'],
	['a text', 'upstream timed out', 'upstream timed out'],
	[
		'a page',
		'<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body>\n<p>nginx</p></body></html>',
		'502 Bad Gateway nginx',
	],
	['nothing', undefined, ''],
	['null', null, ''],
	['an object without words', { code: 7 }, ''],
	['an empty list', [], ''],
])('finds %s', (_, body, message) => {
	expect(apiMessage(body)).toBe(message);
});

it('is short enough to be read', () => {
	expect(apiMessage('😀'.repeat(1000))).toBe(`${'😀'.repeat(300)}…`);
});

describe('a body of any size', () => {
	/** A list or object that counts how often anything of it is read. */
	const counting = (value: object, reads: { count: number }): object =>
		new Proxy(value, {
			get(target, name) {
				reads.count += 1;
				const found: unknown = Reflect.get(target, name);
				return typeof found === 'object' && found !== null ? counting(found, reads) : found;
			},
		});
	const nested = (depth: number, leaf: unknown): unknown =>
		depth === 0 ? leaf : Array.from({ length: 10 }, () => nested(depth - 1, leaf));
	const image = { id: 'a', image_url: 'https://images.example.com/a' };

	it.each([
		['a list of lists', nested(5, '')],
		['a message of lists of lists', { message: nested(4, '<'.repeat(100)) }],
		['many errors', { detail: Array.from({ length: 100_000 }, () => ({ msg: 'x' })) }],
		['many images', Array.from({ length: 100_000 }, () => image)],
		['many wrapped images', { data: { images: Array.from({ length: 100_000 }, () => image) } }],
		['many things that are no images', Array.from({ length: 100_000 }, () => ({ id: 'a' }))],
		['a place with many parts', { msg: 'x', loc: Array.from({ length: 100_000 }, () => 'body') }],
	])('is read in part only: %s', (_, body) => {
		const reads = { count: 0 };
		const counted = counting(body as object, reads);

		apiMessage(counted);
		findImages(counted);

		expect(reads.count).toBeLessThan(3000);
	});

	it('gives a short message and eight images at most, whatever it is', () => {
		const images = fc.array(fc.oneof(fc.constant(image), fc.jsonValue()), { maxLength: 200 });
		const body = fc.oneof(
			fc.jsonValue({ maxDepth: 8, noUnicodeString: false }),
			images,
			fc.dictionary(fc.constantFrom('images', 'data', 'image', '__proto__', '0'), images),
			fc.dictionary(
				fc.constantFrom('message', 'detail', 'error', 'code', 'msg', 'loc', '__proto__'),
				fc.jsonValue(),
			),
		);

		fc.assert(
			fc.property(body, (value) => {
				const parsed: unknown = JSON.parse(JSON.stringify(value));

				expect(Array.from(apiMessage(parsed)).length).toBeLessThanOrEqual(301);
				expect(findImages(parsed).length).toBeLessThanOrEqual(8);
			}),
			{ numRuns: 2000 },
		);
	});
});

it.each([
	['a script', '<script>var a = "<b>" < 1;</script>Gone', 'Gone'],
	['a style in capitals', '<STYLE>p{}</STYLE>Gone', 'Gone'],
	['a tag that does not end', 'Gone <b', 'Gone <b'],
])('takes markup away: %s', (_, page, words) => {
	expect(apiMessage(page)).toBe(words);
});
