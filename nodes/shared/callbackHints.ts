import type { IExecuteFunctions } from 'n8n-workflow';

import { isLoopback } from './baseUrl';

/** Tells the user, in a line above the output, if callbacks may not arrive. */
export function hintAtCallbackUrls(context: IExecuteFunctions, callbackUrls: Set<string>): void {
	const urls = [...callbackUrls].map((callbackUrl) => new URL(callbackUrl));
	const local = urls.find(isLoopback);
	if (local) {
		hint(
			context,
			`DeepMode cannot reach the callback URL at ${local.host}: that is the machine n8n runs on, seen from itself.`,
		);
	}
	if (urls.some(({ pathname }) => pathname.includes('/webhook-test/'))) {
		hint(
			context,
			'The callback URL is a Test URL: it takes one call, and only while the trigger listens for a test event.',
		);
	}
}

function hint(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
}
