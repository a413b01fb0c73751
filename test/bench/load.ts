import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../shared/paths';
import type { Row } from './rounds';
import { inTurns } from './rounds';

/** Published community packages, to compare with. */
const PUBLISHED = ['@mendable/n8n-nodes-firecrawl', 'n8n-nodes-evolution-api'];

/** Loads a package in n8n's own loader, in a process of its own, and prints the milliseconds. */
const LOAD = `
const { PackageDirectoryLoader } = require('n8n-core');
const loader = new PackageDirectoryLoader(process.argv[1]);
const started = performance.now();
loader.loadAll().then(() => console.log(performance.now() - started));
`;

/** How long n8n's loader takes for the package, against an empty one and published ones. */
export async function load(folder: string, tarball: string): Promise<Row> {
	const packages: Record<string, string> = {
		ours: unpack(folder, 'ours', tarball),
		stub: stub(folder),
	};
	for (const name of PUBLISHED) {
		const [file] = execFileSync('npm', ['pack', '--silent', name], {
			cwd: folder,
			encoding: 'utf8',
		})
			.trim()
			.split('\n');
		packages[name] = unpack(folder, name.replace(/\W/g, '-'), join(folder, file ?? ''));
	}
	const row = await inTurns(
		'5 load',
		'ms',
		Object.fromEntries(
			Object.entries(packages).map(([name, path]) => [name, async () => timeToLoad(path)]),
		),
	);
	return { ...row, notes: `tarball: ${(statSync(tarball).size / 1024).toFixed(1)} KB` };
}

function timeToLoad(path: string): number {
	return Number(
		execFileSync(process.execPath, ['-e', LOAD, path], {
			encoding: 'utf8',
			cwd: ROOT,
			// Where the packages find n8n-workflow.
			env: { ...process.env, N8N_LOG_LEVEL: 'silent', NODE_PATH: join(ROOT, 'node_modules') },
		}),
	);
}

function unpack(folder: string, name: string, tarball: string): string {
	const target = join(folder, `load-${name}`);
	mkdirSync(target);
	execFileSync('tar', ['xzf', tarball, '--strip-components=1', '-C', target]);
	return target;
}

/** A package with one node that does nothing. */
function stub(folder: string): string {
	const target = join(folder, 'load-stub');
	mkdirSync(target);
	writeFileSync(
		join(target, 'package.json'),
		JSON.stringify({ name: 'n8n-nodes-stub', version: '0.0.0', n8n: { nodes: ['Stub.node.js'] } }),
	);
	writeFileSync(
		join(target, 'Stub.node.js'),
		`exports.Stub = class { constructor() { this.description = { displayName: 'Stub', name: 'stub', group: ['transform'], version: 1, description: '', defaults: {}, inputs: ['main'], outputs: ['main'], properties: [] }; } };`,
	);
	return target;
}
