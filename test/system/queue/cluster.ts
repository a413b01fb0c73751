/// <reference lib="esnext.disposable" />
import { N8nProcess, prepare, type StartOptions } from '../../e2e/harness/process';
import { N8nServer, prepareN8n } from '../../e2e/harness/server';
import { startPostgres, type Postgres } from './postgres';
import { Redis } from './redis';

const QUEUE_MODE = {
	EXECUTIONS_MODE: 'queue',
	OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
	N8N_DEFAULT_BINARY_DATA_MODE: 'database',
	// n8n notices a crashed worker after some seconds; otherwise that takes it minutes.
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
	QUEUE_WORKER_STALLED_INTERVAL: '5000',
};

/** n8n in queue mode, over a Redis and a PostgreSQL of its own. */
export interface QueueCluster {
	main: N8nServer;
	workers: N8nProcess[];
	/** Its address is n8n's WEBHOOK_URL. */
	webhookProcessor: N8nProcess;
	redis: Redis;
	postgres: Postgres;
	/** Starts one more, which nobody is told the address of. */
	addWebhookProcessor: () => Promise<N8nProcess>;
	/** Ends all of it. */
	stop: () => Promise<void>;
}

/** @throws when a part of it does not start; then none is left */
export async function startCluster(
	workerCount: number,
	options: StartOptions = {},
): Promise<QueueCluster> {
	const cleanup = new AsyncDisposableStack();
	try {
		return await start(workerCount, options, cleanup);
	} catch (error) {
		await cleanup.disposeAsync();
		throw error;
	}
}

async function start(
	workerCount: number,
	options: StartOptions,
	cleanup: AsyncDisposableStack,
): Promise<QueueCluster> {
	const stopLater = <T extends { stop: () => Promise<void> }>(part: T) =>
		cleanup.adopt(part, async () => await part.stop());
	// Not in good order: a main process waits for executions that a crash has taken from it.
	const killLater = <T extends N8nProcess>(part: T) =>
		cleanup.adopt(part, async () => await part.kill());

	const redis = stopLater(await Redis.start());
	const postgres = stopLater(await startPostgres());
	const env = { ...QUEUE_MODE, ...redis.env, ...postgres.env, ...options.env };
	const webhookProcessor = stopLater(new N8nProcess('webhook', await prepare({ ...options, env })));
	const all = { ...options, env: { ...env, WEBHOOK_URL: webhookProcessor.url } };
	const add = async (command: 'worker' | 'webhook') =>
		killLater(new N8nProcess(command, await prepare(all)));
	const main = killLater(await prepareN8n(all));
	const workers = await Promise.all(Array.from({ length: workerCount }, () => add('worker')));

	// It makes the tables that the others need.
	await main.start();
	await Promise.all([webhookProcessor, ...workers].map(async (part) => await part.start()));
	const addWebhookProcessor = async () => {
		const processor = await add('webhook');
		await processor.start();
		return processor;
	};
	const stop = async () => await cleanup.disposeAsync();
	return { main, workers, webhookProcessor, redis, postgres, addWebhookProcessor, stop };
}
