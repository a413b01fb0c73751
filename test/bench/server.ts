import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import axios from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';

import { N8nClient } from '../e2e/harness/client';
import { cpuOf } from '../e2e/harness/cpu';
import { peakGrowth } from '../e2e/harness/memory';
import { packPackage } from '../e2e/harness/pack';
import type { N8nServer } from '../e2e/harness/server';
import { prepareN8n } from '../e2e/harness/server';
import type { StoredCredential } from '../shared/workflows';
import { chain, itemsNodes } from '../shared/workflows';

export const API_KEY = 'dm_bench_key';

/** The file that `turns.js` writes. */
const TURNS = 'turns';

/** One run of a node, as n8n itself measures it. */
export interface NodeRun {
	/** In milliseconds since 1970. */
	startTime: number;
	/** In milliseconds. */
	executionTime: number;
}

/** What the API saw since it was last asked. */
export interface ApiStats {
	/** Requests in work at once, at the most. */
	most: number;
	/** When each request came, in milliseconds since 1970. */
	times: number[];
}

export interface WatchedRun extends NodeRun {
	/** n8n's longest turn while the node ran, in milliseconds of CPU time; 0 for less than 20. */
	longestTurn: number;
	/** The same without garbage collections. */
	longestOwn: number;
	/** n8n's CPU time from the start of the workflow until it is stored, in seconds. */
	cpu: number;
}

/** A real n8n with the package and the nodes of the bench in it, and an API in a process of its own. */
export class BenchServer {
	private constructor(
		readonly folder: string,
		readonly tarball: string,
		readonly server: N8nServer,
		readonly n8n: N8nClient,
		readonly apiUrl: string,
		readonly credential: StoredCredential,
		private readonly endApi: () => void,
	) {}

	/** @param env environment variables for n8n */
	static async start(env: Record<string, string> = {}): Promise<BenchServer> {
		const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-bench-'));
		const api = spawn('tsx', [join(__dirname, 'api.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
		const [line] = (await once(api.stdout, 'data')) as [Buffer];
		const apiUrl = `http://127.0.0.1:${(JSON.parse(String(line)) as { port: number }).port}`;
		const tarball = await packPackage(folder);
		const server = await prepareN8n({
			tarball,
			folder,
			env: {
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
				// A case may open its debugger, which is at any free port.
				NODE_OPTIONS: `--inspect-port=0 --require ${join(__dirname, 'turns.js')}`,
				TURNS_FILE: join(folder, TURNS),
				...env,
			},
		});
		await cp(
			join(__dirname, 'nodes'),
			join(server.userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-bench'),
			{ recursive: true },
		);
		await server.start();
		const n8n = new N8nClient(server);
		await n8n.setupOwner();
		const data = { apiKey: API_KEY, baseUrl: apiUrl };
		const credential = await n8n.createCredential('deepModeApi', 'Bench', data);
		return new BenchServer(folder, tarball, server, n8n, apiUrl, credential, () => api.stdin.end());
	}

	async stop(): Promise<void> {
		await this.server.stop();
		this.endApi();
		await rm(this.folder, { recursive: true });
	}

	/**
	 * How long the node "DeepMode" runs on these items, in milliseconds.
	 *
	 * @param entries how many keys n8n remembers for the node before
	 */
	async timeOf(items: IDataObject[], contestant: INode, entries = 0): Promise<number> {
		return (await this.run(items, contestant, entries)).executionTime;
	}

	/** Runs the node "DeepMode" on these items; `entries` as in `timeOf`. */
	async run(items: IDataObject[], contestant: INode, entries = 0): Promise<NodeRun> {
		const workflowId = await this.n8n.createWorkflow(chain(...itemsNodes(items), contestant));
		if (entries > 0) this.remember(workflowId, contestant, entries);
		const execution = await this.n8n.waitForExecution(await this.n8n.run(workflowId), {
			timeoutMs: 3_600_000,
			everyMs: 500,
		});
		const [run] = execution.data.resultData.runData.DeepMode ?? [];
		if (execution.items('DeepMode').length !== items.length || !run) {
			throw new Error(`${contestant.type}: ${JSON.stringify(execution.error)}`);
		}
		return run;
	}

	/** As `run`, and what it took n8n. */
	async watchedRun(items: IDataObject[], contestant: INode): Promise<WatchedRun> {
		const file = join(this.folder, TURNS);
		await writeFile(file, '');
		const pid = this.server.pid as number;
		const before = cpuOf(pid);
		process.kill(pid, 'SIGUSR2');
		const run = await this.run(items, contestant);
		process.kill(pid, 'SIGUSR2');
		const cpu = cpuOf(pid) - before;
		const { startTime, executionTime } = run;
		const spans = (await readFile(file, 'utf8'))
			.trim()
			.split('\n')
			.map(toSpan)
			.map((span) => within(span, startTime, startTime + executionTime));
		const collections = spans.filter(({ kind }) => kind === 'collection');
		const turns = spans
			.filter(({ kind }) => kind === 'turn')
			.map((turn) => ({
				...turn,
				collecting: collections.reduce((sum, span) => sum + overlap(turn, span), 0),
			}));
		return {
			...run,
			cpu,
			longestTurn: Math.max(0, ...turns.map(({ busy }) => busy)),
			longestOwn: Math.max(0, ...turns.map(({ busy, collecting }) => busy - collecting)),
		};
	}

	/** As n8n's helper for deduplication stores it. */
	private remember(workflowId: string, { id }: INode, entries: number): void {
		const database = new DatabaseSync(join(this.server.userFolder, '.n8n', 'database.sqlite'), {
			timeout: 10_000,
		});
		const data = Array.from({ length: entries }, () => randomBytes(16).toString('base64'));
		database
			.prepare('INSERT INTO processed_data ("workflowId", "context", "value") VALUES (?, ?, ?)')
			.run(workflowId, `n:${id}`, JSON.stringify({ mode: 'entries', data }));
		database.close();
	}

	async apiStats(): Promise<ApiStats> {
		return (await axios.get<ApiStats>(`${this.apiUrl}/stats`)).data;
	}

	/** How far n8n's memory goes up at the most while something runs, in MB. */
	async peakGrowth(work: () => Promise<unknown>): Promise<number> {
		return await peakGrowth(this.server.pid as number, work);
	}
}

/** A line of `turns.js`, in milliseconds since 1970; `busy` in milliseconds. */
interface Span {
	kind?: string;
	from: number;
	to: number;
	busy: number;
}

function toSpan(line: string): Span {
	const [kind, ...numbers] = line.split(' ');
	const [to = 0, took = 0, busy = 0] = numbers.map(Number);
	return { kind, from: to - took, to, busy };
}

/** The part of it that lies between two times. */
function within({ kind, from, to, busy }: Span, start: number, end: number): Span {
	const part = { from: Math.max(from, start), to: Math.min(to, end) };
	return { kind, ...part, busy: Math.max(0, Math.min(busy, part.to - part.from)) };
}

function overlap(one: Span, other: Span): number {
	return Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from));
}
