import setUpOne from '../e2e/globalSetup';
import { installN8n } from '../e2e/harness/install';
import { VERSIONS } from './versions';

/** Installs every n8n that is not, one after the other. */
export default async function setup(): Promise<void> {
	for (const { manifestFolder } of VERSIONS) await installN8n(manifestFolder);
	await setUpOne();
}
