import type { IncomingMessage, ServerResponse } from 'node:http';

import { WorkflowExecute } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	IRun,
	IRunExecutionData,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { createEmptyRunExecutionData } from 'n8n-workflow';

import { startHttpServer, type HttpServer } from '../../shared/httpServer';
import type { WorkflowFile } from '../../shared/workflows';
import { chain, deepModeNode, node, to } from '../../shared/workflows';
import { additionalData, CREDENTIAL, type NodeSetup } from '../engine';
import { typesFor } from '../nodeTypes';
import { toWebRequest, toWebResponse, type WebResponse } from '../web';
import { judgeCall, Refusal } from './call';
import { WaitingExecution } from './execution';

const RESUME_PATH = 'webhook-waiting';

/** How often n8n looks for executions whose time comes, and how far ahead, in milliseconds. */
const TRACK_EVERY = 60_000;
const TRACK_AHEAD = 70_000;

/** The credential's data, the JSON of the items, and the DeepMode node. */
type Run = [ICredentialDataDecryptedObject, IDataObject[], NodeSetup?];

/**
 * The part of n8n that paused executions are in, in this process: it runs and stores them, takes
 * calls to their resume URLs over HTTP, and goes on with them when the node says so or their time is
 * over; on n8n's real engine, and as n8n 2.41 does it.
 */
export class WaitingN8n {
	/** Whether n8n can neither read executions nor go on with one. */
	isDatabaseDown = false;
	/** Its `WEBHOOK_URL`, without a slash at the end; by default it can be reached there. */
	webhookUrl = '';
	/** What the node wrote to n8n's log when it was called. */
	readonly log: string[] = [];
	private readonly executions = new Map<string, WaitingExecution>();
	private readonly timers = new Map<string, NodeJS.Timeout>();
	private tracker?: NodeJS.Timeout;
	private server?: HttpServer;

	static async start(): Promise<WaitingN8n> {
		const n8n = new WaitingN8n();
		n8n.server = await startHttpServer((...call) => void n8n.receive(...call));
		n8n.webhookUrl = n8n.server.url;
		return n8n;
	}

	close(): void {
		this.stopTracking();
		this.server?.close();
	}

	/** Begins anew with what is stored. What the process had planned goes with its clock. */
	restart(): void {
		this.stopTracking();
		this.tracker = this.startTracking();
	}

	/**
	 * Runs "Items → DeepMode → After" until it is paused or has ended. `After` puts the `row` of the
	 * item in `Items` beside what comes.
	 *
	 * @param setup of the DeepMode node, which is in mode `pause` unless told otherwise
	 */
	async run(...[credentials, items, setup]: Run): Promise<WaitingExecution> {
		return await this.start(chain(...nodesOf(setup)), credentials, items, setup);
	}

	/** The same, with one item after the other in a loop of "DeepMode". */
	async runLooped(...[credentials, items, setup]: Run): Promise<WaitingExecution> {
		const [first, deepMode, after] = nodesOf(setup);
		const file = chain(first, node('Loop', 'test.loop', 1));
		file.nodes.push(deepMode, after);
		file.connections.Loop = { main: [[to('After')], [to('DeepMode')]] };
		file.connections.DeepMode = { main: [[to('Loop')]] };
		return await this.start(file, credentials, items, setup);
	}

	private async start(
		file: WorkflowFile,
		...[credentials, items, { workflowId, nodeType } = {}]: Run
	): Promise<WaitingExecution> {
		const types = typesFor(items, nodeType);
		const execution = new WaitingExecution(credentials, file, types, workflowId);
		this.executions.set(execution.id, execution);
		const workflow = execution.workflow();
		const startNode = workflow.getNode('Items') ?? undefined;
		await this.carryOut(
			execution,
			createEmptyRunExecutionData(),
			async (engine) => await engine.run({ workflow, startNode }),
		);
		return execution;
	}

	/** Removes an execution, as n8n's list of executions offers. */
	remove({ id }: WaitingExecution): void {
		this.executions.delete(id);
	}

	private async carryOut(
		execution: WaitingExecution,
		data: IRunExecutionData,
		run: (engine: WorkflowExecute) => Promise<IRun>,
	): Promise<void> {
		execution.status = 'running';
		const engine = new WorkflowExecute(this.additionalData(execution), 'manual', data);
		execution.store(await run(engine));
		this.tracker ??= this.startTracking();
	}

	private additionalData({ id, credentials }: WaitingExecution): IWorkflowExecuteAdditionalData {
		const webhookWaitingBaseUrl = `${this.webhookUrl}/${RESUME_PATH}`;
		return { ...additionalData(credentials, id), webhookWaitingBaseUrl };
	}

	/** @throws if somebody else has gone on with it already */
	private goOn(execution: WaitingExecution, data: IRunExecutionData): void {
		if (this.isDatabaseDown) throw new Error('The database is down');
		if (execution.status !== 'waiting') throw new Error('It is being resumed already');
		const workflow = execution.workflow();
		void this.carryOut(
			execution,
			data,
			async (engine) => await engine.processRunExecutionData(workflow),
		);
	}

	private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const own = toWebResponse(response);
		try {
			const answer = await this.call(request, own);
			if (answer !== undefined) own.status(200).json(answer);
		} catch (error) {
			const { message } = error as Error;
			own.status(error instanceof Refusal ? error.status : 500).json({ message });
		}
	}

	/** @returns the answer, if the node has not given one by itself */
	private async call(incoming: IncomingMessage, response: WebResponse): Promise<unknown> {
		const { method, url = '' } = incoming;
		const request = await toWebRequest(incoming).catch((error: Error) => {
			throw new Refusal(422, error.message);
		});
		const [, resumePath, id = '', path = ''] = url.split('?')[0]?.split('/') ?? [];
		if (this.isDatabaseDown) throw new Error('The database is down');
		const execution = this.executions.get(id);
		if (!execution || resumePath !== RESUME_PATH) {
			throw new Refusal(404, `The execution "${id}" does not exist.`);
		}
		const { goesOnWith, answer, failure } = await judgeCall(
			execution,
			{ method, path, request, response },
			this.additionalData(execution),
			(line) => this.log.push(line),
		);
		if (goesOnWith) this.goOn(execution, goesOnWith);
		if (failure) throw failure;
		return answer;
	}

	private stopTracking(): void {
		clearInterval(this.tracker);
		for (const timer of this.timers.values()) clearTimeout(timer);
		this.timers.clear();
	}

	private startTracking(): NodeJS.Timeout {
		this.track();
		return setInterval(() => this.track(), TRACK_EVERY).unref();
	}

	/** A timer stays when its execution goes on before, and can end the next pause of it. */
	private track(): void {
		for (const [id, { status, waitTill }] of this.executions) {
			if (status !== 'waiting' || !waitTill || this.timers.has(id)) continue;
			const left = waitTill.getTime() - Date.now();
			if (left > TRACK_AHEAD) continue;
			this.timers.set(id, setTimeout(() => this.timeIsOver(id), left).unref());
		}
	}

	private timeIsOver(id: string): void {
		this.timers.delete(id);
		const execution = this.executions.get(id);
		const data = execution?.load();
		if (execution?.status === 'waiting' && data) this.goOn(execution, data);
	}
}

function nodesOf({ parameters, settings }: NodeSetup = {}): [INode, INode, INode] {
	return [
		node('Items', 'test.items', 1),
		deepModeNode(CREDENTIAL, { mode: 'pause', ...parameters }, settings),
		node('After', 'test.row', 1),
	];
}
