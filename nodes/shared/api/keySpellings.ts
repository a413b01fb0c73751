/** Shorter ones could be any word of an answer, and are nobody's key. */
const SHORTEST_SECRET = 8;

const NAMED: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** How a text may give a key away: as it is, in a URL, in HTML, or in base64. */
export function keySpellings(key: string): string[] {
	const named = key.replace(/[&<>"']/g, (character) => NAMED[character] ?? character);
	const numbered = key.replace(/[&<>"']/g, (character) => `&#x${hexOf(character)};`);
	const spellings = [key, encodeURIComponent(key), named, numbered, ...base64Of(key)];
	return [...new Set(spellings)].filter(({ length }) => length >= SHORTEST_SECRET);
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
		return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
	});
}

function hexOf(character: string): string {
	return character.charCodeAt(0).toString(16);
}
