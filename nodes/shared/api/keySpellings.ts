/** Shorter ones could be any word of an answer, and are nobody's key. */
const SHORTEST_SECRET = 8;

const NAMED: Record<string, string> = {
	'&': 'amp',
	'<': 'lt',
	'>': 'gt',
	'"': 'quot',
	"'": 'apos',
};

/**
 * How a JSON text may give a key away: as it is, or in base64, with each character as it is, or
 * escaped as in JSON, URLs or HTML. Whoever escapes a text chooses what of it and how, so all can
 * occur beside each other.
 *
 * @returns a pattern that finds every occurrence; none for what is too short for a key
 */
export function keySpellings(key: string): RegExp | undefined {
	const texts = [key, ...base64Of(key)].filter(({ length }) => length >= SHORTEST_SECRET);
	if (texts.length === 0) return undefined;
	return new RegExp(texts.map((text) => Array.from(text, spellingsOf).join('')).join('|'), 'g');
}

/**
 * Base64 looks different after one or two other bytes than after three, as in `Bearer <key>`; of its
 * edges, which what stands beside the key has a part in, nothing is taken.
 */
function base64Of(key: string): string[] {
	return [0, 1, 2].flatMap((before) => {
		const whole = Math.floor((before + key.length) / 3) * 4;
		const text = Buffer.from(`${'\0'.repeat(before)}${key}`)
			.toString('base64')
			.slice(before && before + 1, whole);
		return [...new Set([text, text.replaceAll('+', '-').replaceAll('/', '_')])];
	});
}

/**
 * A pattern for one printable ASCII character. What is escaped twice has its `&`, `%` or backslash
 * escaped; of the last so many are read that JSON may be in JSON in JSON.
 */
function spellingsOf(character: string, index: number): string {
	const code = character.charCodeAt(0);
	const hex = code.toString(16).replace(/[a-f]/, (digit) => `[${digit}${digit.toUpperCase()}]`);
	const asItIs = JSON.stringify(character).slice(1, -1).replace(/\W/g, '\\$&');
	const backslash = '\\\\\\\\';
	// Before the key any number may stand, and to try them all at each place takes long.
	const most = index === 0 ? 1 : 7;
	const html = [`#0*${code}`, `#[xX]0*${hex}`, NAMED[character]].filter(Boolean).join('|');
	return `(?:(?:${backslash}){0,${most}}${asItIs}|(?:${backslash}){1,${most}}u00${hex}|&(?:amp;)*(?:${html});|%(?:25)*${hex})`;
}
