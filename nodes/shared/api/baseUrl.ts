const LOOPBACK_HOST = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a URL's host is the machine n8n itself runs on. */
export function isLoopback(url: URL): boolean {
	return LOOPBACK_HOST.test(url.hostname);
}

/**
 * Reads the credential's Base URL, the only place the API key is ever sent to.
 *
 * @param value what the user entered, e.g. "https://api.deepmode.ai"
 * @returns the URL; its path, if any, is the prefix of all API paths
 * @throws Error whose message says what is wrong with the value, for the user to read
 */
export function parseBaseUrl(value: unknown): URL {
	const text = typeof value === 'string' ? value.trim() : '';
	if (!URL.canParse(text)) {
		throw new Error(`The Base URL "${text}" is not a URL, e.g. https://api.deepmode.ai`);
	}
	const url = new URL(text);
	if (url.username || url.password || url.search || url.hash) {
		throw new Error('The Base URL must not contain a user name, a password, a query or a fragment');
	}
	const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
	if (!isSafe) {
		throw new Error(
			`The Base URL "${text}" must start with https://, so that nobody can read the API key on its way`,
		);
	}
	return url;
}
