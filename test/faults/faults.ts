import fc from 'fast-check';

import type { Fault } from '../emulator';
import type { CallbackFault, RequestFault } from '../emulator/faults';

/** What DeepMode or a proxy may do to one request, by what it means for the user's credits. */

/** Surely not accepted. */
const refusal = fc.oneof(
	fc.record({
		status: fc.constantFrom(302, 400, 403, 404, 409, 413, 422),
		body: fc.constantFrom({ message: 'refused' }, 'refused', ''),
	}),
	fc.record({
		status: fc.constant(200),
		body: fc.constantFrom(
			{ success: false, message: 'refused' },
			{ status: 'error', reason: 'refused' },
			{ code: 422, msg: 'refused' },
			{ errors: [{ title: 'refused' }] },
		),
	}),
);

/** A host whose clock is wrong. */
function dateIn(seconds: number) {
	const theirs = Date.UTC(2000, 0, 1);
	return {
		date: new Date(theirs).toUTCString(),
		'retry-after': new Date(theirs + seconds * 1000).toUTCString(),
	};
}

const busy = fc.oneof(
	fc.record({
		status: fc.constantFrom(429, 503),
		headers: fc.constantFrom({ 'retry-after': '0' }, { 'retry-after': '1' }, dateIn(1)),
	}),
	fc.constant({ status: 429 }),
);

/** Accepted or not: nobody can tell. */
const puzzle = fc.record({
	status: fc.constantFrom(200, 408, 499, 500, 502, 503, 504, 520, 522, 524),
	body: fc.constantFrom('', '<html><h1>Sorry</h1></html>', '{"id": "a', '[]', {
		message: 'Upscaling images...',
		error: null,
	}),
	accepted: fc.boolean(),
});

const cut = fc.record({
	cut: fc.constantFrom('before' as const, 'after' as const, 'body' as const),
});

const late = fc.record({ delayMs: fc.nat(300) });

const silence = fc.record({ hang: fc.constant(true as const), accepted: fc.boolean() });

/** A fault of a submission. 401 and 402 would end the whole batch, and have tests of their own. */
export const submissionFault: fc.Arbitrary<Fault> = fc.oneof(
	{ weight: 3, arbitrary: refusal },
	{ weight: 4, arbitrary: busy },
	{ weight: 6, arbitrary: puzzle },
	{ weight: 5, arbitrary: cut },
	{ weight: 3, arbitrary: late },
	{ weight: 1, arbitrary: silence },
);

/** A fault of a look. */
export const lookFault: fc.Arbitrary<Fault> = fc
	.oneof(
		{ weight: 1, arbitrary: refusal },
		{ weight: 4, arbitrary: busy },
		{ weight: 5, arbitrary: puzzle },
		{ weight: 4, arbitrary: cut },
		{ weight: 3, arbitrary: late },
	)
	.map((fault) => ({ ...fault, on: 'retrieve' }) as Fault);

/** What goes wrong for one image. */
export const imageFaults: fc.Arbitrary<Fault[]> = fc.array(
	fc.oneof({ weight: 2, arbitrary: submissionFault }, { weight: 1, arbitrary: lookFault }),
	{ minLength: 1, maxLength: 3 },
);

/** What goes wrong with the callbacks of one image. */
export const callbackFaults: fc.Arbitrary<Fault[]> = fc.array(
	fc
		.oneof<Array<fc.Arbitrary<CallbackFault>>>(
			fc.record({ lost: fc.constant(true) }),
			fc.record({ repeat: fc.constantFrom(1, 3) }),
			fc.record({ callbackDelayMs: fc.nat(300_000) }),
			fc.record({
				callbackBody: fc.constantFrom('', [], { message: 'Upscaling failed: too dark' }),
			}),
		)
		.map((fault) => ({ ...fault, on: 'callback' as const })),
	{ minLength: 1, maxLength: 1 },
);

/** What goes wrong with the file of one image, and passes. */
export const fileFaults: fc.Arbitrary<Fault[]> = fc.array(
	fc
		.oneof<fc.Arbitrary<RequestFault>[]>(
			fc.record({ status: fc.constantFrom(403, 404, 408, 425, 429, 500, 502, 503, 504) }),
			fc.record({
				status: fc.constantFrom(429, 503),
				headers: fc.constantFrom({ 'retry-after': '0' }, { 'retry-after': '20' }, dateIn(3)),
			}),
			fc.record({ cut: fc.constantFrom('before' as const, 'body' as const) }),
			fc.constant({ status: 200, contentType: 'image/jpeg' }),
			fc.record({
				sentAs: fc.record({
					contentType: fc.constantFrom('image/jpg', 'application/octet-stream', ''),
					gzip: fc.constant(true as const),
				}),
			}),
		)
		.map((fault) => ({ ...fault, on: 'file' as const })),
	{ minLength: 1, maxLength: 3 },
);
