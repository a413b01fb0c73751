import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import packageJson from '../../package.json';
import { readDocument } from '../unit/docs/markdown';

const run = promisify(execFile);

/**
 * Installs the package by the command in the README, as published, but from a tarball.
 *
 * @param home the home of the user who runs it; n8n's N8N_USER_FOLDER
 * @param tarball from `packPackage`
 */
export async function installAsInReadme(home: string, tarball: string): Promise<void> {
	const command = readDocument('README.md').blocks.find(
		({ heading }) => heading === 'Installation',
	)!.text;
	const script = command.replace(packageJson.name, tarball);
	await run('sh', ['-euc', script], { cwd: home, env: { ...process.env, HOME: home } });
}
