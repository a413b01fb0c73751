import { execFile } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { announce } from '../shared/progress';

const run = promisify(execFile);

/** The Debian packages that system tests need, with the programs that are used of each. */
const PROGRAMS = {
	chromium: ['chromium'],
	'openssh-server': ['sshd', 'ssh-keygen'],
	'redis-server': ['redis-server', 'redis-cli'],
	postgresql: ['postgres', 'initdb', 'pg_isready'],
} as const;

export type SystemPackage = keyof typeof PROGRAMS;

export const IS_ROOT = process.getuid?.() === 0;

/** Where Debian puts servers, which the PATH of an ordinary user may lack. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/lib/postgresql/*/bin'];

/**
 * Makes sure that the programs of Debian packages are there: installs what is missing by apt-get
 * where that is possible, as root.
 *
 * @throws an error that names what is missing and how to install it
 */
export async function needPackages(packages: SystemPackage[]): Promise<void> {
	const missing = packages.filter((name) => missingPrograms(name).length > 0);
	if (missing.length === 0) return;
	if (IS_ROOT && findProgram('apt-get') !== undefined) await install(missing);
	const lacking = missing.flatMap(missingPrograms);
	if (lacking.length === 0) return;
	throw new Error(
		`These tests need ${lacking.join(', ')}. Install the package ${missing.join(', ')}, ` +
			`e.g. with "sudo apt-get install ${missing.join(' ')}", and run them again.`,
	);
}

/**
 * The absolute path of a program; sshd insists on being started by it.
 *
 * @throws when there is no such program
 */
export function programPath(name: string): string {
	const path = findProgram(name);
	if (path === undefined) throw new Error(`There is no program "${name}"`);
	return path;
}

function missingPrograms(name: SystemPackage): string[] {
	return PROGRAMS[name].filter((program) => findProgram(program) === undefined);
}

function findProgram(name: string): string | undefined {
	const folders = [...(process.env.PATH ?? '').split(delimiter), ...globSync(MORE_FOLDERS)];
	return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

async function install(packages: string[]): Promise<void> {
	announce(`Installing ${packages.join(', ')} by apt-get`);
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await run('apt-get', ['update'], { env });
	await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env });
}
