const HIDDEN = '***';

/** Where a URL's signature can stand: behind its question mark, or alone. */
const QUERY_OF_URL = /(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi;
const SIGNATURE = /\b(sig|dm_signature|signature)(=|%3d)[^\s"'<>&]+/gi;

/**
 * Takes the API key out of a text, however the text spells it.
 *
 * @param apiKey as it is sent
 */
export function withoutKey(text: string, apiKey: string): string {
	const spellings = [
		apiKey,
		encodeURIComponent(apiKey),
		JSON.stringify(apiKey).slice(1, -1),
		Buffer.from(apiKey).toString('base64'),
		Buffer.from(apiKey).toString('base64url'),
	];
	return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, HIDDEN), text);
}

/** Takes out of a text what would let somebody in: the queries of URLs, which hold signatures. */
export function withoutSignatures(text: string): string {
	return text.replace(QUERY_OF_URL, '$1?…').replace(SIGNATURE, `$1=${HIDDEN}`);
}
