import fc from 'fast-check';

import { keySpellings } from '../../nodes/shared/api/keySpellings';

const key = fc.string({
	unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
	minLength: 16,
	maxLength: 64,
});
const named: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };
const html = (text: string) =>
	text.replace(/[&<>"]/g, (character) => `&${named[character]};`).replaceAll("'", '&#39;');
const code = (character: string) => character.charCodeAt(0);
const hex = (character: string) => code(character).toString(16).padStart(2, '0');
/** Every character in one way. */
const each = (spell: (character: string) => string) => (text: string) =>
	text.replace(/[!-~]/g, spell);
/** JSON as PHP writes it. */
const escaped = (text: string) => JSON.stringify(text).replaceAll('/', '\\/');
/** Characters in the ways of all who escape for HTML, one after the other. */
const mixed = (text: string) => {
	const ways = [html, (one: string) => one, (one: string) => `&#${code(one)};`, encodeURIComponent];
	return Array.from(text, (character, index) => ways[index % ways.length]!(character)).join('');
};

it.each([
	['as it is', (text: string) => text],
	['in a URL', encodeURIComponent],
	['in HTML', html],
	['in HTML, as numbers', each((character) => `&#${code(character)};`)],
	['in HTML, as hexadecimal numbers', each((character) => `&#x${hex(character).toUpperCase()};`)],
	['in HTML, some of it', mixed],
	['in HTML, twice', (text: string) => html(html(text))],
	['in a URL, all of it', each((character) => `%${hex(character)}`)],
	['in a URL, twice', (text: string) => encodeURIComponent(encodeURIComponent(text))],
	['in JSON', (text: string) => JSON.stringify(text)],
	['in JSON, twice', (text: string) => JSON.stringify(JSON.stringify(text))],
	['in JSON with slashes escaped, twice', (text: string) => escaped(escaped(text))],
	['in JSON, all of it', each((character) => `\\u00${hex(character)}`)],
	['in base64', (text: string) => Buffer.from(text).toString('base64')],
	['in base64 for URLs', (text: string) => Buffer.from(text).toString('base64url')],
	[
		'in base64 in a URL',
		(text: string) => encodeURIComponent(Buffer.from(text).toString('base64')),
	],
])('knows a key %s, whatever stands around it', (_, spell) => {
	fc.assert(
		fc.property(key, fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (own, a, b) => {
			fc.pre(a.isWellFormed() && b.isWellFormed());
			const json = JSON.stringify(spell(`${a}${own}${b}`));

			expect(json).toMatch(keySpellings(own) as RegExp);
			expect(() => JSON.parse(json.replace(keySpellings(own) as RegExp, '***'))).not.toThrow();
		}),
	);
});

it('takes no short word for a key', () => {
	expect(keySpellings('image')).toBeUndefined();
});
