import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import packageJson from '../../package.json';
import { installAsInReadme } from './readmeInstall';

it('the command in the README installs the package, and nothing beside it', async () => {
	const home = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-install-'));
	try {
		await installAsInReadme(home, String(process.env.E2E_TARBALL));

		const modules = join(home, '.n8n', 'nodes', 'node_modules');
		const installed = (await readdir(modules)).filter((name) => !name.startsWith('.'));
		expect(installed).toEqual([packageJson.name]);
		expect(await readdir(join(modules, packageJson.name))).toContain('dist');
	} finally {
		await rm(home, { recursive: true });
	}
});
