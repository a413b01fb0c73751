import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePorts } from '../../e2e/harness/ports';
import { asUser, startDaemon, type DaemonOptions } from '../daemon';
import { IS_ROOT, needPackages, programPath } from '../packages';

const run = promisify(execFile);

const HOST = '127.0.0.1';
const DATABASE = 'postgres';
/** Of the database, not of the system. */
const USER = 'n8n';

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package brings. */
const SYSTEM_USER = IS_ROOT ? 'postgres' : undefined;

/** A real PostgreSQL, on loopback. */
export interface Postgres {
	/** What n8n needs to use it. */
	env: Record<string, string>;
	/** Ends it at once, as a crash would: it keeps its data. */
	crash: () => Promise<void>;
	/** Starts it again after a crash. */
	start: () => Promise<void>;
	/** Ends it and removes all its data. */
	stop: () => Promise<void>;
}

/**
 * Starts PostgreSQL on a free port, with an empty database in a temporary folder.
 *
 * @throws when PostgreSQL is missing or does not start, with what it said
 */
export async function startPostgres(): Promise<Postgres> {
	await needPackages(['postgresql']);
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-postgres-'));
	const data = join(folder, 'data');
	await mkdir(data);
	if (SYSTEM_USER !== undefined) await giveTo(SYSTEM_USER, [folder, data]);
	await asSystemUser('initdb', [
		...['--pgdata', data, '--username', USER, '--auth', 'trust'],
		...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
	]);
	const [port] = (await freePorts(1)) as [number];
	const settings = [`listen_addresses=${HOST}`, `port=${port}`, 'unix_socket_directories='];
	const options: DaemonOptions = {
		name: 'PostgreSQL',
		command: [
			programPath('postgres'),
			...['-D', data],
			...settings.flatMap((setting) => ['-c', setting]),
		],
		user: SYSTEM_USER,
		logFile: join(folder, 'postgres.log'),
		// By SIGTERM it would wait until its clients leave.
		endSignal: 'SIGINT',
		isReady: async () =>
			await run(programPath('pg_isready'), ['-h', HOST, '-p', String(port)]).then(
				() => true,
				() => false,
			),
	};
	let daemon = await startDaemon(options);
	const env = {
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: HOST,
		DB_POSTGRESDB_PORT: String(port),
		DB_POSTGRESDB_DATABASE: DATABASE,
		DB_POSTGRESDB_USER: USER,
		// n8n's default is 2: then a busy main process can take its database for lost.
		DB_POSTGRESDB_POOL_SIZE: '10',
	};
	const crash = async () => await daemon.stop('SIGQUIT');
	const start = async () => {
		daemon = await startDaemon(options);
	};
	const stop = async () => {
		await daemon.stop();
		await rm(folder, { recursive: true, force: true });
	};
	return { env, crash, start, stop };
}

async function giveTo(user: string, folders: string[]): Promise<void> {
	const id = async (option: string) =>
		Number((await run(programPath('id'), [option, user])).stdout);
	const [uid, gid] = [await id('-u'), await id('-g')];
	for (const folder of folders) await chown(folder, uid, gid);
}

async function asSystemUser(program: string, args: string[]): Promise<void> {
	await run(programPath('setpriv'), [...asUser(SYSTEM_USER), programPath(program), ...args]);
}
