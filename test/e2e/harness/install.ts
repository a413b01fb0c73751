import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { N8N_MANIFEST } from '../../shared/paths';
import { announce, elapsed } from '../../shared/progress';
import { withLock } from './lock';
import { tail } from './logTail';

const PROGRESS_EVERY_MS = 15_000;

interface Manifest {
	dependencies: { n8n: string };
}

interface Lock {
	packages: Record<string, unknown>;
}

/**
 * Installs n8n as pinned by a package.json and its lock, once: into a cache folder outside the
 * clone, where it stays for later runs. It takes some minutes and about 3 GB.
 *
 * The cache folder is `n8n-nodes-deepmode` in `N8N_NODES_DEEPMODE_CACHE`, `XDG_CACHE_HOME` or
 * `~/.cache`, whichever is set first.
 *
 * @param manifestFolder - holds the package.json and package-lock.json
 * @returns the folder whose node_modules holds n8n
 * @throws when npm fails, with the end of its output
 */
export async function installN8n(manifestFolder = N8N_MANIFEST): Promise<string> {
	const folder = cacheFolder(manifestFolder);
	if (existsSync(folder)) return folder;
	await mkdir(dirname(folder), { recursive: true });
	await withLock(`${folder}.lock`, 'another process to install n8n', async () => {
		if (!existsSync(folder)) await installInto(folder, manifestFolder);
	});
	return folder;
}

/** The version of n8n that a package.json pins. */
export function n8nVersion(manifestFolder = N8N_MANIFEST): string {
	const manifest = readFileSync(join(manifestFolder, 'package.json'), 'utf8');
	return (JSON.parse(manifest) as Manifest).dependencies.n8n;
}

function cacheFolder(manifestFolder: string): string {
	const cache =
		process.env.N8N_NODES_DEEPMODE_CACHE || process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	const manifest = readFileSync(join(manifestFolder, 'package.json'), 'utf8');
	const lock = readFileSync(join(manifestFolder, 'package-lock.json'), 'utf8');
	const nodeMajor = process.versions.node.split('.')[0]!;
	const hash = createHash('sha256').update(manifest).update(lock).update(nodeMajor).digest('hex');
	const name = `n8n-${n8nVersion(manifestFolder)}-${hash.slice(0, 12)}`;
	return join(cache, 'n8n-nodes-deepmode', name);
}

/**
 * The work is done in a folder of another name, which gets its real name when all is complete: so
 * an interrupted install is never taken for a finished one.
 */
async function installInto(folder: string, manifestFolder: string): Promise<void> {
	const started = Date.now();
	announce(`Installing n8n into ${folder}: once, it takes some minutes and about 3 GB`);
	await removeInterrupted(folder);
	const staging = await mkdtemp(`${folder}.partial-`);
	for (const file of ['package.json', 'package-lock.json']) {
		await copyFile(join(manifestFolder, file), join(staging, file));
	}
	const logFile = `${folder}.log`;
	await rm(logFile, { force: true });
	await npm(
		['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
		staging,
		logFile,
		packageCounter(staging),
	);
	// The one native part that n8n needs and that is not prebuilt.
	await npm(
		['rebuild', 'sqlite3', '--foreground-scripts'],
		staging,
		logFile,
		() => 'compiling sqlite3',
	);
	await rename(staging, folder);
	announce(`n8n is installed (${elapsed(started)})`);
}

async function removeInterrupted(folder: string): Promise<void> {
	const leftovers = readdirSync(dirname(folder)).filter((name) =>
		name.startsWith(`${basename(folder)}.partial-`),
	);
	for (const name of leftovers) {
		announce(`Removing ${name}, left by an install that was interrupted`);
		await rm(join(dirname(folder), name), { recursive: true, force: true });
	}
}

function packageCounter(folder: string): () => string {
	const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as Lock;
	const paths = Object.keys(packages).filter((path) => path !== '');
	return () => {
		const present = paths.filter((path) => existsSync(join(folder, path, 'package.json'))).length;
		return `${present} of about ${paths.length} packages are there`;
	};
}

async function npm(
	args: string[],
	cwd: string,
	logFile: string,
	progress: () => string,
): Promise<void> {
	const started = Date.now();
	const command = `npm ${args.join(' ')}`;
	announce(`${command} …`);
	const log = openSync(logFile, 'a');
	const reporter = setInterval(
		() => announce(`  ${progress()} (${elapsed(started)})`),
		PROGRESS_EVERY_MS,
	);
	try {
		const child = spawn('npm', args, { cwd, stdio: ['ignore', log, log] });
		process.once('exit', () => child.kill());
		const [code] = (await once(child, 'exit')) as [number | null];
		if (code !== 0) {
			throw new Error(`"${command}" failed; the end of ${logFile}:\n${tail(logFile)}`);
		}
	} finally {
		clearInterval(reporter);
		closeSync(log);
	}
}
