/// <reference lib="esnext.disposable" />
import { parseArgs } from 'node:util';

import { announce } from '../e2e/harness/progress';
import { openApi } from './api';
import { invite } from './interactive';
import { openN8n } from './n8n';
import { upscaleOnce } from './once';

/**
 * `npm run demo`: n8n with the package, an owner, the credential and the example workflows, against
 * the emulator, until Ctrl+C. With `-- --once` it runs the main flow without a browser and ends.
 */
async function demo(once: boolean, cleanup: AsyncDisposableStack): Promise<void> {
	const api = await openApi();
	cleanup.defer(api.close);
	const { n8n, credential } = await openN8n(api, cleanup);
	if (once) await upscaleOnce(n8n, credential, api);
	else await invite(n8n, credential, api, cleanup);
}

/** Resolves at the first signal to end; more of them change nothing. */
async function interrupted(): Promise<void> {
	await new Promise((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
	});
	announce('Ending n8n and all the rest');
}

async function main(): Promise<void> {
	const { once } = parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;
	const cleanup = new AsyncDisposableStack();
	try {
		const complete = await Promise.race([
			demo(once, cleanup).then(() => true),
			// Without a browser there was still something to do.
			interrupted().then(() => !once),
		]);
		if (!complete) throw new Error('it was interrupted');
	} finally {
		await cleanup.disposeAsync();
	}
}

main().then(
	// An install or a start that was interrupted would go on.
	() => process.exit(),
	(error: Error) => {
		announce(`The demo failed: ${error.message}`);
		process.exit(1);
	},
);
