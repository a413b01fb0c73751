import fc from 'fast-check';

import { keySpellings } from '../../nodes/shared/api/keySpellings';

const key = fc.string({
	unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
	minLength: 16,
	maxLength: 64,
});
const html = (text: string) =>
	text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;')
		.replaceAll("'", '&#39;');

it.each([
	['as it is', (text: string) => text],
	['in a URL', encodeURIComponent],
	['in HTML', html],
	['in base64', (text: string) => Buffer.from(text).toString('base64')],
	['in base64 for URLs', (text: string) => Buffer.from(text).toString('base64url')],
])('knows a key %s, whatever stands around it', (_, spell) => {
	fc.assert(
		fc.property(key, fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (own, a, b) => {
			fc.pre(a.isWellFormed() && b.isWellFormed());
			const text = spell(`${a}${own}${b}`);

			expect(keySpellings(own).some((spelling) => text.includes(spelling))).toBe(true);
		}),
	);
});

it('takes no short word for a key', () => {
	expect(keySpellings('image')).toEqual([]);
});
