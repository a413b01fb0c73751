import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ROOT } from '../shared/paths';

interface Manifest {
	version: string;
	author: { name: string; email: string };
}

/**
 * Checks what must be right before a tag is published.
 *
 * @param tag - e.g. `v1.2.3`
 * @returns one line for each thing that is not
 */
export async function checkRelease(tag: string): Promise<string[]> {
	const { version, author } = JSON.parse(await read('package.json')) as Manifest;
	const changelog = await read('CHANGELOG.md');
	return [
		tag !== `v${version}` && `The tag is ${tag}, but package.json has the version ${version}`,
		!changelog.includes(`\n## ${version} `) && `CHANGELOG.md has no section "## ${version} - …"`,
		author.email.endsWith('.invalid') &&
			`"author" in package.json is a placeholder (${author.email}): see docs/publishing.md`,
	].filter((finding) => finding !== false);
}

const read = async (file: string) => await readFile(join(ROOT, file), 'utf8');
