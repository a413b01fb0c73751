import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import packageJson from '../../package.json';
import { readDocument } from '../unit/docs/markdown';

const run = promisify(execFile);

it('the command in the README installs the package, and nothing beside it', async () => {
	const command = readDocument('README.md').blocks.find(
		({ heading }) => heading === 'Installation',
	)!.text;
	const home = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-install-'));
	try {
		// As published, but from here.
		const script = command.replace(packageJson.name, String(process.env.E2E_TARBALL));
		await run('sh', ['-euc', script], { cwd: home, env: { ...process.env, HOME: home } });

		const modules = join(home, '.n8n', 'nodes', 'node_modules');
		const installed = (await readdir(modules)).filter((name) => !name.startsWith('.'));
		expect(installed).toEqual([packageJson.name]);
		expect(await readdir(join(modules, packageJson.name))).toContain('dist');
	} finally {
		await rm(home, { recursive: true });
	}
});
