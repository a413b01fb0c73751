/// <reference lib="esnext.disposable" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { N8nClient } from '../e2e/harness/client';
import { packPackage } from '../e2e/harness/pack';
import { prepareN8n } from '../e2e/harness/server';
import { announce } from '../shared/progress';
import type { StoredCredential } from '../shared/workflows';
import type { DemoApi } from './api';

/**
 * Starts an n8n with the package, an owner and a credential for the API.
 *
 * @param cleanup - gets what ends n8n and removes its data
 * @param env - environment variables for n8n
 */
export async function openN8n(
	api: DemoApi,
	cleanup: AsyncDisposableStack,
	env: Record<string, string> = {},
): Promise<{ n8n: N8nClient; credential: StoredCredential }> {
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-demo-'));
	cleanup.defer(async () => await rm(folder, { recursive: true, force: true }));
	announce('Packing the package');
	const tarball = await packPackage(folder);
	const server = await prepareN8n({ tarball, folder, env });
	cleanup.defer(async () => await server.stop());
	await server.start();
	const n8n = new N8nClient(server);
	await n8n.setupOwner();
	const credential = await n8n.createCredential('deepModeApi', 'DeepMode account', {
		apiKey: api.apiKey,
		baseUrl: api.baseUrl,
	});
	return { n8n, credential };
}
