import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { packPackage, unpack } from '../e2e/harness/pack';
import { ROOT } from '../shared/paths';
import { checkContents } from './contents';
import { checkRelease } from './release';
import { scan } from './scan';

/**
 * `npm run verify`: what n8n checks of a package when it is published, on the source and on what npm
 * would upload, and that the package holds what n8n needs and nothing else. With `-- --tag v1.2.3`
 * also what must be right for that release. Needs a build, and no network.
 */
async function verify(folder: string, tag?: string): Promise<Array<[string, string[]]>> {
	// The scanner leaves a temporary folder of its own.
	process.env.TMPDIR = folder;
	const unpacked = join(folder, 'package');
	await unpack(await packPackage(folder), unpacked);
	return [
		['n8n’s scan of the source', await scan(ROOT, true)],
		['n8n’s scan of the package', await scan(unpacked, false)],
		['What the package holds', await checkContents(unpacked)],
		...(tag === undefined
			? []
			: [[`Release ${tag}`, await checkRelease(tag)] as [string, string[]]]),
	];
}

async function main(): Promise<void> {
	const { tag } = parseArgs({ options: { tag: { type: 'string' } } }).values;
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-verify-'));
	try {
		for (const [name, findings] of await verify(folder, tag)) {
			console.log(`${name}: ${findings.length} finding${findings.length === 1 ? '' : 's'}`);
			for (const finding of findings) console.log(`  ${finding}`);
			if (findings.length > 0) process.exitCode = 1;
		}
	} finally {
		await rm(folder, { recursive: true });
	}
}

void main();
