/// <reference lib="esnext.disposable" />
import { emulatedApi } from '../demo/api';
import { runUntilInterrupted } from '../demo/command';
import { invite } from '../demo/interactive';
import { openN8n } from '../demo/n8n';
import { packageFolder } from '../e2e/harness/pack';
import { buildChanges } from './watch';

/**
 * `npm run dev`: the demo's n8n, against the emulator, which has each change of the source a moment
 * after it is saved. n8n loads the package anew, and an open editor its fields.
 */
async function develop(cleanup: AsyncDisposableStack): Promise<void> {
	const api = await emulatedApi();
	cleanup.defer(api.close);
	const { n8n, credential } = await openN8n(api, cleanup, { N8N_DEV_RELOAD: 'true' });
	buildChanges(`${packageFolder(n8n.server.userFolder)}/dist`, cleanup);
	await invite(n8n, credential, api, cleanup);
}

runUntilInterrupted(develop);
