import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import axios from 'axios';

import { installN8n } from './install';
import { tail } from './logTail';
import { unpackInto } from './pack';
import { freePorts } from './ports';
import { announce, elapsed } from './progress';
import { waitFor } from './waitFor';

const READY_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;

/** What n8n may see of this process's environment: enough to run and to reach the network. */
const PASSED_ON = [
	'LANG',
	'TZ',
	'NODE_EXTRA_CA_CERTS',
	'HTTP_PROXY',
	'HTTPS_PROXY',
	'NO_PROXY',
	'http_proxy',
	'https_proxy',
	'no_proxy',
];

const SETTINGS = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_ENCRYPTION_KEY: 'encryption-key-of-a-server-for-tests',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	// These call n8n's own servers, or put the assistant's buttons on every page.
	N8N_DISABLED_MODULES: 'mcp-registry,instance-ai,insights,quick-connect',
};

export interface StartOptions {
	/** The packed package to install, from `packPackage`; by default that of the jest run. */
	tarball?: string;
	/** Environment variables for n8n, on top of the harness's own. */
	env?: Record<string, string>;
	/** The folder with the package.json and lock of the n8n to run, when not the default one. */
	manifestFolder?: string;
	/**
	 * The folder to create the server's own folder in; by default that of the jest run. Whoever made
	 * it removes it: the server leaves its data and its log there.
	 */
	folder?: string;
}

/** An n8n server in a process of its own, which ends with this process at the latest. */
export class N8nServer {
	private process?: ChildProcess;

	/** @internal use `startN8n` or `prepareN8n` */
	constructor(
		private readonly n8nFolder: string,
		private readonly port: number,
		private readonly brokerPort: number,
		private readonly env: Record<string, string>,
		/** n8n's N8N_USER_FOLDER: its database, binary data and packages are in `.n8n` below it. */
		readonly userFolder: string,
		/** All that n8n ever printed, over restarts. */
		readonly logFile: string,
	) {}

	/** The address of the editor and the REST API, without a slash at the end. */
	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** The process ID of n8n, while it runs. */
	get pid(): number | undefined {
		return this.process?.pid;
	}

	/**
	 * The address of a production webhook.
	 *
	 * @param path - as n8n has it: the path of a Webhook node, `<webhookId>/<path>` of other triggers
	 */
	webhookUrl(path: string): string {
		return `${this.url}/webhook/${path}`;
	}

	/** All that n8n printed so far. */
	log(): string {
		return readFileSync(this.logFile, 'utf8');
	}

	/**
	 * Starts n8n, the first time or again: on the same ports, with the same data.
	 *
	 * @throws when n8n ends or is not ready in time, with the end of its log
	 */
	async start(): Promise<void> {
		const started = Date.now();
		announce(`Starting n8n at ${this.url} (log: ${this.logFile})`);
		const child = this.spawn();
		try {
			await waitFor('n8n to be ready', async () => await this.isReady(child), {
				timeoutMs: READY_TIMEOUT_MS,
			});
			this.checkPackage();
		} catch (error) {
			await this.kill();
			throw new Error(`${(error as Error).message}; the end of its log:\n${tail(this.logFile)}`);
		}
		announce(`n8n is ready (${elapsed(started)})`);
	}

	/** Ends n8n as an operator would, by SIGTERM; by SIGKILL if it has not ended after 30 seconds. */
	async stop(): Promise<void> {
		await this.end('SIGTERM');
	}

	/** Ends n8n at once by SIGKILL, as a crash would. */
	async kill(): Promise<void> {
		await this.end('SIGKILL');
	}

	private spawn(): ChildProcess {
		const log = openSync(this.logFile, 'a');
		const child = spawn(
			process.execPath,
			[
				'--require',
				join(__dirname, 'endWithParent.js'),
				join(this.n8nFolder, 'node_modules', 'n8n', 'bin', 'n8n'),
				'start',
			],
			{
				cwd: this.userFolder,
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
		const passedOn = PASSED_ON.flatMap((name) => {
			const value = process.env[name];
			return value === undefined ? [] : [[name, value] as const];
		});
		return {
			...Object.fromEntries(passedOn),
			// n8n starts its task runner as "node", which has to be the same one.
			PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
			HOME: this.userFolder,
			TMPDIR: this.userFolder,
			N8N_USER_FOLDER: this.userFolder,
			N8N_PORT: String(this.port),
			N8N_RUNNERS_BROKER_PORT: String(this.brokerPort),
			WEBHOOK_URL: this.url,
			...SETTINGS,
			...this.env,
		};
	}

	private async isReady(child: ChildProcess): Promise<boolean> {
		if (hasEnded(child)) {
			throw new Error(`n8n ended with ${child.signalCode ?? `code ${child.exitCode}`}`);
		}
		return (
			(await answersOk(`${this.url}/healthz/readiness`)) &&
			(await answersOk(`${this.url}/rest/settings`))
		);
	}

	/** n8n runs on without a package that it cannot load. */
	private checkPackage(): void {
		const complaint = /^Failed to load package .*\n.*/m.exec(this.log());
		if (complaint !== null) throw new Error(complaint[0]);
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		const child = this.process;
		if (child?.pid === undefined || hasEnded(child)) return;
		const ended = once(child, 'exit');
		child.ref();
		child.kill(signal);
		const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
		await ended;
		clearTimeout(force);
		killGroup(child.pid);
	}
}

/**
 * Starts an n8n server with the package in it, with data of its own and on free ports, and waits
 * until it is ready. Installs n8n first if need be.
 *
 * @throws when n8n ends or is not ready in time, with the end of its log
 */
export async function startN8n(options: StartOptions = {}): Promise<N8nServer> {
	const server = await prepareN8n(options);
	await server.start();
	return server;
}

/** The same without starting it, for a caller who may want to stop it while it starts. */
export async function prepareN8n(options: StartOptions = {}): Promise<N8nServer> {
	const tarball = options.tarball ?? process.env.E2E_TARBALL;
	if (tarball === undefined) throw new Error('No packed package is given to start n8n with');
	const n8nFolder = await installN8n(options.manifestFolder);
	const folder = await mkdtemp(join(options.folder ?? process.env.E2E_FOLDER ?? tmpdir(), 'n8n-'));
	const userFolder = join(folder, 'home');
	await mkdir(userFolder);
	await unpackInto(userFolder, tarball);
	const [port, brokerPort] = (await freePorts(2)) as [number, number];
	const logFile = join(folder, 'n8n.log');
	return new N8nServer(n8nFolder, port, brokerPort, options.env ?? {}, userFolder, logFile);
}

function hasEnded(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null;
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
