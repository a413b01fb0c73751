import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import axios from 'axios';

import { announce, elapsed } from '../../shared/progress';
import { waitFor } from '../../shared/waitFor';
import { end, hasEnded } from './child';
import { n8nEnvironment } from './environment';
import { installN8n } from './install';
import { tail } from './logTail';
import { unpackInto } from './pack';
import { freePorts } from './ports';

const READY_TIMEOUT_MS = 180_000;

/** n8n's commands that run until they are ended: all of n8n, or a part of it in queue mode. */
export type N8nCommand = 'start' | 'worker' | 'webhook';

/** What answers when a process is ready. */
const READY_PATHS: Record<N8nCommand, string[]> = {
	start: ['/healthz/readiness', '/rest/settings'],
	worker: ['/healthz/readiness'],
	webhook: ['/healthz/readiness'],
};

export interface StartOptions {
	/** The packed package to install, from `packPackage`; by default that of the jest run. */
	tarball?: string;
	/** Puts the package into n8n's N8N_USER_FOLDER; by default as n8n's own installer does. */
	install?: (userFolder: string, tarball: string) => Promise<void>;
	/** Environment variables for n8n, on top of the harness's own. */
	env?: Record<string, string>;
	/** The folder with the package.json and lock of the n8n to run, when not the default one. */
	manifestFolder?: string;
	/**
	 * The folder to create the process's own folder in; by default that of the jest run. Whoever made
	 * it removes it: n8n leaves its data and its log there.
	 */
	folder?: string;
}

/** What a process of n8n has for itself alone. */
interface Belongings {
	n8nFolder: string;
	port: number;
	brokerPort: number;
	env: Record<string, string>;
	userFolder: string;
	logFile: string;
}

/** A process of n8n, which ends with this process at the latest. */
export class N8nProcess {
	private process?: ChildProcess;

	/** @param own - from `prepare` */
	constructor(
		private readonly command: N8nCommand,
		private readonly own: Belongings,
	) {}

	/** The address that it listens at, without a slash at the end. */
	get url(): string {
		return `http://127.0.0.1:${this.own.port}`;
	}

	/** Environment variables on top of those that all processes of n8n have. */
	get env(): Record<string, string> {
		return this.own.env;
	}

	/** n8n's N8N_USER_FOLDER: its database, binary data and packages are in `.n8n` below it. */
	get userFolder(): string {
		return this.own.userFolder;
	}

	/** The process ID of n8n, while it runs. */
	get pid(): number | undefined {
		return this.process?.pid;
	}

	/** All that n8n printed so far, over restarts. */
	log(): string {
		return readFileSync(this.own.logFile, 'utf8');
	}

	/**
	 * Starts n8n, the first time or again: on the same ports, with the same data.
	 *
	 * @throws when n8n ends or is not ready in time, with the end of its log
	 */
	async start(): Promise<void> {
		const started = Date.now();
		const { logFile } = this.own;
		announce(`Starting ${this.name} at ${this.url} (log: ${logFile})`);
		const child = this.spawn();
		try {
			await waitFor(`${this.name} to be ready`, async () => await this.isReady(child), {
				timeoutMs: READY_TIMEOUT_MS,
			});
			this.checkPackage();
		} catch (error) {
			await this.kill();
			throw new Error(`${(error as Error).message}; the end of its log:\n${tail(logFile)}`);
		}
		announce(`${this.name} is ready (${elapsed(started)})`);
	}

	/** Ends n8n as an operator would, by SIGTERM; by SIGKILL if it has not ended after 30 seconds. */
	async stop(): Promise<void> {
		await this.end('SIGTERM');
	}

	/** Ends n8n at once by SIGKILL, as a crash would. */
	async kill(): Promise<void> {
		await this.end('SIGKILL');
	}

	private get name(): string {
		return this.command === 'start' ? 'n8n' : `n8n's ${this.command} process`;
	}

	private spawn(): ChildProcess {
		const { n8nFolder, userFolder, logFile } = this.own;
		const log = openSync(logFile, 'a');
		const child = spawn(
			process.execPath,
			[
				'--require',
				join(__dirname, 'endWithParent.js'),
				join(n8nFolder, 'node_modules', 'n8n', 'bin', 'n8n'),
				this.command,
			],
			{
				cwd: userFolder,
				env: this.environment(),
				stdio: ['pipe', log, log],
				// In a group of its own: Ctrl+C in the terminal is for the process that started n8n.
				detached: true,
			},
		);
		closeSync(log);
		child.unref();
		this.process = child;
		return child;
	}

	private environment(): Record<string, string> {
		const { userFolder, port, brokerPort, env } = this.own;
		return n8nEnvironment(userFolder, {
			N8N_PORT: String(port),
			N8N_RUNNERS_BROKER_PORT: String(brokerPort),
			WEBHOOK_URL: this.url,
			// A worker listens for nothing else; other processes do not read these.
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
			...env,
		});
	}

	private async isReady(child: ChildProcess): Promise<boolean> {
		if (hasEnded(child)) {
			throw new Error(`n8n ended with ${child.signalCode ?? `code ${child.exitCode}`}`);
		}
		for (const path of READY_PATHS[this.command]) {
			if (!(await answersOk(`${this.url}${path}`))) return false;
		}
		return true;
	}

	/** n8n runs on without a package that it cannot load. */
	private checkPackage(): void {
		const complaint = /^Failed to load package .*\n.*/m.exec(this.log());
		if (complaint !== null) throw new Error(complaint[0]);
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		const child = this.process;
		if (child?.pid === undefined || hasEnded(child)) return;
		await end(child, signal);
		killGroup(child.pid);
	}
}

/**
 * Lays out what a process of n8n runs with: a home of its own with the package in it, and free
 * ports. Installs n8n first if need be.
 */
export async function prepare(options: StartOptions): Promise<Belongings> {
	const tarball = options.tarball ?? process.env.E2E_TARBALL;
	if (tarball === undefined) throw new Error('No packed package is given to start n8n with');
	const n8nFolder = await installN8n(options.manifestFolder);
	const folder = await mkdtemp(join(options.folder ?? process.env.E2E_FOLDER ?? tmpdir(), 'n8n-'));
	const userFolder = join(folder, 'home');
	await mkdir(userFolder);
	await (options.install ?? unpackInto)(userFolder, tarball);
	const [port, brokerPort] = (await freePorts(2)) as [number, number];
	const logFile = join(folder, 'n8n.log');
	return { n8nFolder, port, brokerPort, env: options.env ?? {}, userFolder, logFile };
}

/** Its task runner outlives n8n when n8n gets no time to end it. */
function killGroup(pid: number): void {
	try {
		process.kill(-pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

async function answersOk(url: string): Promise<boolean> {
	return await axios.get(url, { timeout: 5000 }).then(
		() => true,
		() => false,
	);
}
