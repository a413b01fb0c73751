import type { IExecuteFunctions } from 'n8n-workflow';

import { isLoopback } from '../../../../shared/api/baseUrl';

/** Addresses and names that nobody finds from outside. */
const PRIVATE_HOST =
	/^(0\.0\.0\.0|10\..+|192\.168\..+|172\.(1[6-9]|2\d|3[01])\..+|169\.254\..+|\[(::|f[cd]|fe80).*\]|[^.[]+|.+\.(local|internal|lan))\.?$/;

/** Tells the user, in a line above the output, if callbacks may not arrive. */
export function hintAtCallbackUrls(context: IExecuteFunctions, callbackUrls: Set<string>): void {
	const urls = [...callbackUrls].map((callbackUrl) => new URL(callbackUrl));
	const hidden = urls.find(isHidden);
	if (hidden) {
		hint(
			context,
			`DeepMode cannot reach the callback URL at ${hidden.host}: that is an address inside your own machine or network.`,
		);
	}
	const plain = urls.find((url) => url.protocol === 'http:' && !isHidden(url));
	if (plain) {
		hint(
			context,
			`The callback URL at ${plain.host} starts with http: many servers redirect that to https, and a callback does not follow. Use the https address (n8n makes its own from WEBHOOK_URL).`,
		);
	}
	if (urls.some(({ pathname }) => /\/webhook-test(\/|$)/.test(pathname))) {
		hint(
			context,
			'The callback URL is a Test URL: it takes one call, and only while the trigger listens for a test event.',
		);
	}
}

function isHidden(url: URL): boolean {
	return isLoopback(url) || PRIVATE_HOST.test(url.hostname);
}

function hint(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints?.({ message, type: 'warning', location: 'outputPane' });
}
