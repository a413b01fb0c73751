import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { ROOT } from '../shared/paths';

/** What npm puts into every package, and the file that "main" names. */
const ALWAYS = ['LICENSE', 'README.md', 'index.js', 'package.json'];

/**
 * Compares an unpacked package with what n8n needs of the source: the code, the data beside the
 * nodes, and the icons. No maps or type declarations, no pictures, nothing left from earlier builds.
 *
 * @param folder - the unpacked package
 * @returns one line for each file that is missing or that nobody needs
 */
export async function checkContents(folder: string): Promise<string[]> {
	const sources = ['credentials', 'nodes', 'icons'].map(async (part) => await files(ROOT, part));
	const needed = [...ALWAYS, ...(await Promise.all(sources)).flat().flatMap(built)];
	const present = await files(folder);
	return [
		...needed.filter((file) => !present.includes(file)).map((file) => `${file} is missing`),
		...present.filter((file) => !needed.includes(file)).map((file) => `${file} is not needed`),
	];
}

/** What of a file of the source belongs into the package. */
function built(source: string): string[] {
	if (/\.test\.ts$/.test(source)) return [];
	if (/\.ts$/.test(source)) return [`dist/${source.replace(/ts$/, 'js')}`];
	return /^nodes\/.+\.json$|^icons\/.+\.svg$/.test(source) ? [`dist/${source}`] : [];
}

async function files(folder: string, part = '.'): Promise<string[]> {
	const entries = await readdir(join(folder, part), { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
