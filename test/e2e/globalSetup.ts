import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { announce } from '../shared/progress';
import { installN8n } from './harness/install';
import { packPackage } from './harness/pack';

/**
 * Installs n8n if it is not, and packs the package once for all tests. `startN8n` takes the two
 * paths from the environment; the reporter `runFolder` removes the folder.
 */
export default async function setup(): Promise<void> {
	await installN8n();
	process.env.E2E_FOLDER = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-e2e-'));
	announce('Packing the package');
	process.env.E2E_TARBALL = await packPackage(process.env.E2E_FOLDER);
}
