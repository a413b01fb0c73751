import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { ROOT } from '../shared/paths';

/** What a clone does not have from the start. */
const NOT_COPIED = ['node_modules', 'dist', '.git'];

/** A copy of the source with the same dependencies, for a test that changes it. */
export interface Clone {
	folder: string;
	remove: () => Promise<void>;
}

export async function copyClone(): Promise<Clone> {
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-clone-'));
	await cp(ROOT, folder, {
		recursive: true,
		filter: (path) => !NOT_COPIED.includes(basename(path)),
	});
	await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
	return { folder, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
