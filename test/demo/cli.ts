/// <reference lib="esnext.disposable" />
import { parseArgs } from 'node:util';

import { openApi } from './api';
import { runUntilInterrupted } from './command';
import { invite } from './interactive';
import { openN8n } from './n8n';
import { upscaleOnce } from './once';

const { once } = parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;

/**
 * `npm run demo`: n8n with the package, an owner, the credential and the example workflows, against
 * the emulator, until Ctrl+C. With `-- --once` it runs the main flow without a browser and ends.
 */
async function demo(cleanup: AsyncDisposableStack): Promise<void> {
	const api = await openApi();
	cleanup.defer(api.close);
	const { n8n, credential } = await openN8n(api, cleanup);
	if (once) await upscaleOnce(n8n, credential, api);
	else await invite(n8n, credential, api, cleanup);
}

runUntilInterrupted(demo, { isEndless: !once });
