/// <reference lib="esnext.disposable" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { N8nClient } from '../e2e/harness/client';
import { packPackage } from '../e2e/harness/pack';
import { announce } from '../e2e/harness/progress';
import { prepareN8n } from '../e2e/harness/server';
import { openApi } from './api';
import { invite } from './interactive';
import { upscaleOnce } from './once';

/**
 * `npm run demo`: n8n with the package, an owner, the credential and the example workflows, against
 * the emulator, until Ctrl+C. With `-- --once` it runs the main flow without a browser and ends.
 */
async function demo(once: boolean, cleanup: AsyncDisposableStack): Promise<void> {
	const api = await openApi();
	cleanup.defer(api.close);
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-demo-'));
	cleanup.defer(async () => await rm(folder, { recursive: true, force: true }));
	announce('Packing the package');
	const tarball = await packPackage(folder);
	const server = await prepareN8n({ tarball, folder });
	cleanup.defer(async () => await server.stop());
	await server.start();
	const n8n = new N8nClient(server);
	await n8n.setupOwner();
	const credential = await n8n.createCredential('deepModeApi', 'DeepMode account', {
		apiKey: api.apiKey,
		baseUrl: api.baseUrl,
	});
	await (once ? upscaleOnce : invite)(n8n, credential, api);
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
