import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from '../../shared/paths';

const run = promisify(execFile);

/**
 * Packs the package as `npm publish` would.
 *
 * @param folder - where the tarball goes; not inside the clone
 * @returns the tarball's path
 * @throws when the package is not built, or npm fails
 */
export async function packPackage(folder: string): Promise<string> {
	if (!existsSync(join(ROOT, 'dist'))) {
		throw new Error('There is no dist folder: run "npm run build" first');
	}
	await run('npm', ['pack', '--pack-destination', folder], { cwd: ROOT });
	const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
	if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`);
	return join(folder, tarball);
}

/**
 * Unpacks a tarball from `packPackage`.
 *
 * @param tarball - its path
 * @param folder - where the package's own files go; made if need be
 */
export async function unpack(tarball: string, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	await run('tar', ['xzf', tarball, '--strip-components=1', '-C', folder]);
}

/**
 * Puts the package where n8n's own installer for community nodes puts it.
 *
 * @param userFolder - n8n's N8N_USER_FOLDER
 * @param tarball - from `packPackage`
 */
export async function unpackInto(userFolder: string, tarball: string): Promise<void> {
	await unpack(tarball, packageFolder(userFolder));
}

/** Where the package lies in n8n's N8N_USER_FOLDER. */
export function packageFolder(userFolder: string): string {
	return join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-deepmode');
}
