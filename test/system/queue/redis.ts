import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePorts } from '../../e2e/harness/ports';
import { startDaemon, type Daemon } from '../daemon';
import { needPackages, programPath } from '../packages';

const run = promisify(execFile);

const HOST = '127.0.0.1';

/** A real Redis, on loopback, that keeps nothing when it ends. */
export class Redis {
	private daemon?: Daemon;

	private constructor(
		private readonly folder: string,
		private readonly port: number,
	) {}

	/** @throws when Redis is missing or does not start, with what it said */
	static async start(): Promise<Redis> {
		await needPackages(['redis-server']);
		const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-redis-'));
		const [port] = (await freePorts(1)) as [number];
		const redis = new Redis(folder, port);
		await redis.start();
		return redis;
	}

	/** What n8n's Redis credential asks for. */
	get access(): { host: string; port: number } {
		return { host: HOST, port: this.port };
	}

	/** What n8n needs to use it itself. */
	get env(): Record<string, string> {
		return { QUEUE_BULL_REDIS_HOST: HOST, QUEUE_BULL_REDIS_PORT: String(this.port) };
	}

	/** Ends it at once, as a crash would, and starts it again: empty. */
	async crashAndStart(): Promise<void> {
		await this.daemon?.stop('SIGKILL');
		await this.start();
	}

	/** Ends it and removes all that it left. */
	async stop(): Promise<void> {
		await this.daemon?.stop();
		await rm(this.folder, { recursive: true, force: true });
	}

	private async start(): Promise<void> {
		const port = String(this.port);
		const settings = ['--bind', HOST, '--port', port, '--save', '', '--appendonly', 'no'];
		this.daemon = await startDaemon({
			name: 'Redis',
			command: [programPath('redis-server'), ...settings, '--dir', this.folder],
			logFile: join(this.folder, 'redis.log'),
			isReady: async () =>
				await run(programPath('redis-cli'), ['-h', HOST, '-p', port, 'ping']).then(
					({ stdout }) => stdout.trim() === 'PONG',
					() => false,
				),
		});
	}
}
