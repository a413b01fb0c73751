import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { n8nVersion } from '../e2e/harness/install';
import { N8N_MANIFEST } from '../shared/paths';

/** Folders with a package.json and a lock: the n8n of all other tests, and older ones beside this. */
const manifestFolders = [
	N8N_MANIFEST,
	...readdirSync(__dirname, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => join(__dirname, name))
		.sort()
		.reverse(),
];

/** A row of the matrix. */
export interface Version {
	name: string;
	manifestFolder: string;
	env: Record<string, string>;
}

/** The versions of n8n that the package is proven on, newest first. */
export const VERSIONS: Version[] = manifestFolders.flatMap((manifestFolder) => {
	const name = n8nVersion(manifestFolder);
	if (!name.startsWith('1.')) return { name, manifestFolder, env: {} };
	// n8n 1 ends at the name of a module that it does not know.
	const env = { N8N_DISABLED_MODULES: '' };
	const inFiles = { ...env, N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' };
	return [
		{ name, manifestFolder, env },
		{ name: `${name}, binary data in files`, manifestFolder, env: inFiles },
	];
});
