import { Agent } from 'node:http';

import axios, { isAxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import type { IBinaryData, IDataObject } from 'n8n-workflow';

import { Execution } from '../../shared/execution';
import { waitFor, type WaitOptions } from '../../shared/waitFor';
import type { StoredCredential, WorkflowFile } from '../../shared/workflows';
import type { N8nServer } from './server';

/** The owner of every server that the harness sets up. */
export const OWNER = {
	email: 'owner@example.com',
	password: 'Deepmode-1',
	firstName: 'Test',
	lastName: 'Owner',
};

const ENDED = ['success', 'error', 'crashed', 'canceled'];

/** n8n's answer to a credential test. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: string;
	mode: string;
}

/** A user of n8n, who does over its REST API what the editor does. */
export class N8nClient {
	private readonly http: AxiosInstance;

	constructor(readonly server: N8nServer) {
		this.http = axios.create({
			baseURL: server.url,
			timeout: 60_000,
			// n8n, busy after its start, can close an idle connection just as a request is sent over it.
			httpAgent: new Agent({ keepAlive: false }),
			// n8n ties a login to the browser it came from.
			headers: { 'browser-id': 'e2e' },
		});
	}

	/** Creates the server's owner, `OWNER`, and is logged in as that. */
	async setupOwner(): Promise<void> {
		await this.authenticate('/rest/owner/setup', OWNER);
	}

	/** Logs in, as `OWNER` unless told. */
	async login({ email, password }: { email: string; password: string } = OWNER): Promise<void> {
		await this.authenticate('/rest/login', { emailOrLdapLoginId: email, password });
	}

	/** Creates a credential and returns it, without its data. */
	async createCredential(type: string, name: string, data: IDataObject): Promise<StoredCredential> {
		const credential = await this.post<StoredCredential>('/rest/credentials', { type, name, data });
		return { id: credential.id, name, type };
	}

	/** Replaces the data of a stored credential. */
	async updateCredential({ id, name, type }: StoredCredential, data: IDataObject): Promise<void> {
		await this.request({
			url: `/rest/credentials/${id}`,
			method: 'PATCH',
			data: { type, name, data },
		});
	}

	/** Lets n8n test a stored credential, as the editor's Test button does. */
	async testCredential(credential: StoredCredential): Promise<CredentialTestResult> {
		// The key in it is blanked; n8n puts the stored one back when it finds the blank.
		const { data } = await this.get<{ data: IDataObject }>(
			`/rest/credentials/${credential.id}?includeData=true`,
		);
		return await this.post('/rest/credentials/test', { credentials: { ...credential, data } });
	}

	/** Creates a workflow and returns its ID. */
	async createWorkflow(workflow: WorkflowFile): Promise<string> {
		const { id } = await this.post<{ id: string }>('/rest/workflows', {
			name: workflow.name ?? 'Test workflow',
			nodes: workflow.nodes,
			connections: workflow.connections,
			settings: workflow.settings ?? {},
			active: false,
		});
		return id;
	}

	/** A stored workflow as it is now. */
	async workflow(id: string): Promise<WorkflowFile> {
		return await this.get(`/rest/workflows/${id}`);
	}

	/**
	 * Runs a stored workflow by hand, as the editor's Execute button does.
	 *
	 * @param trigger - name of the node to start from; by default the first trigger node
	 * @returns the execution's ID; it runs on
	 */
	async run(workflowId: string, trigger?: string): Promise<string> {
		const { executionId } = await this.startManually(workflowId, trigger);
		if (executionId === undefined) throw new Error(`n8n did not start workflow ${workflowId}`);
		return executionId;
	}

	/**
	 * Writes a message into the chat of a stored workflow, as the editor's chat does.
	 *
	 * @returns the execution's ID; it runs on
	 */
	async chat(workflowId: string, message: string): Promise<string> {
		const json = { sessionId: '1', action: 'sendMessage', chatInput: message };
		const data = {
			startTime: Date.now(),
			executionTime: 0,
			executionIndex: 0,
			executionStatus: 'success',
			data: { main: [[{ json }]] },
			source: [null],
		};
		const { executionId } = await this.startManually(workflowId, undefined, data);
		if (executionId === undefined) throw new Error(`n8n did not start workflow ${workflowId}`);
		return executionId;
	}

	/** Listens for one call to the test webhook of a stored workflow's trigger. */
	async listenForTestEvent(workflowId: string): Promise<void> {
		const { waitingForWebhook } = await this.startManually(workflowId);
		if (!waitingForWebhook) throw new Error(`n8n does not listen for workflow ${workflowId}`);
	}

	private async startManually(
		workflowId: string,
		trigger?: string,
		data?: IDataObject,
	): Promise<{ executionId?: string; waitingForWebhook?: boolean }> {
		const workflowData = await this.workflow(workflowId);
		const name = trigger ?? workflowData.nodes.find(({ type }) => /trigger/i.test(type))?.name;
		return await this.post(`/rest/workflows/${workflowId}/run`, {
			workflowData,
			triggerToStartFrom: { name, data },
		});
	}

	/**
	 * Waits until an execution has ended, however it ended.
	 *
	 * @param options.statuses - wait for one of these statuses of n8n's instead, such as "waiting"
	 */
	async waitForExecution(
		id: string,
		{ statuses = ENDED, ...wait }: WaitOptions & { statuses?: string[] } = {},
	): Promise<Execution> {
		return await waitFor(
			`execution ${id} to be ${statuses.join(' or ')}`,
			async () => {
				const execution = await this.execution(id);
				// n8n 1 stores that an execution has succeeded a moment before it stores its data.
				const isStored = execution.status !== 'success' || execution.data !== undefined;
				return statuses.includes(execution.status) && isStored && execution;
			},
			{ timeoutMs: 60_000, ...wait },
		);
	}

	/** Creates a workflow, runs it by hand and waits until it has ended. */
	async runAndWait(workflow: WorkflowFile, options: WaitOptions = {}): Promise<Execution> {
		const id = await this.createWorkflow(workflow);
		return await this.waitForExecution(await this.run(id), options);
	}

	/** An execution as it is now. */
	async execution(id: string): Promise<Execution> {
		const { data } = await this.request<string>({
			url: `/rest/executions/${id}`,
			responseType: 'text',
			transformResponse: (body: string) => body,
		});
		return new Execution(data);
	}

	/** The newest executions, up to 100, newest first. */
	async executions(
		filter: { workflowId?: string; status?: string[] } = {},
	): Promise<ExecutionSummary[]> {
		const query = new URLSearchParams({ limit: '100', filter: JSON.stringify(filter) });
		const { results } = await this.get<{ results: ExecutionSummary[] }>(
			`/rest/executions?${query}`,
		);
		return results;
	}

	/**
	 * Retries a failed execution, as the list of executions offers.
	 *
	 * @returns the new execution's ID
	 */
	async retry(id: string): Promise<string> {
		return (await this.post<{ id: string }>(`/rest/executions/${id}/retry`, {})).id;
	}

	/** Stops an execution, as the editor's Stop button does. */
	async stopExecution(id: string): Promise<void> {
		await this.post(`/rest/executions/${id}/stop`);
	}

	/**
	 * Activates a workflow, and waits until its production webhook takes calls: n8n answers 404 for a
	 * second or two after activation.
	 *
	 * @param webhookPath - the path that `N8nServer.webhookUrl` takes; waits for nothing without it
	 * @param method - the HTTP method of the webhook
	 */
	async activate(workflowId: string, webhookPath?: string, method = 'POST'): Promise<void> {
		await this.setActive(workflowId, true);
		if (webhookPath === undefined) return;
		await waitFor(
			`webhook ${webhookPath} to be registered`,
			async () => await this.hasWebhook(webhookPath, method),
		);
	}

	/** Deactivates a workflow, and waits until its webhook takes no more calls; see `activate`. */
	async deactivate(workflowId: string, webhookPath?: string, method = 'POST'): Promise<void> {
		await this.setActive(workflowId, false);
		if (webhookPath === undefined) return;
		await waitFor(
			`webhook ${webhookPath} to be gone`,
			async () => !(await this.hasWebhook(webhookPath, method)),
		);
	}

	private async setActive(workflowId: string, active: boolean): Promise<void> {
		const url = `/rest/workflows/${workflowId}`;
		const { versionId } = await this.get<{ versionId: string }>(url);
		const { versionCli } = await this.get<{ versionCli: string }>('/rest/settings');
		// n8n 1 publishes no versions: there the workflow itself is active or not.
		if (versionCli.startsWith('1.')) {
			await this.request({ url, method: 'PATCH', data: { active, versionId } });
		} else {
			await this.post(`${url}/${active ? 'activate' : 'deactivate'}`, { versionId });
		}
	}

	/** The names of the community packages that n8n's settings list. */
	async communityPackages(): Promise<string[]> {
		const packages = await this.get<Array<{ packageName: string }>>('/rest/community-packages');
		return packages.map(({ packageName }) => packageName);
	}

	/** All node types that n8n has loaded, as the editor gets them. */
	async nodeTypes(): Promise<Array<IDataObject & { name: string }>> {
		return (await this.request<Array<IDataObject & { name: string }>>({ url: '/types/nodes.json' }))
			.data;
	}

	/**
	 * Opens n8n's own MCP server, as its settings do.
	 *
	 * @returns the key for it
	 */
	async openMcp(): Promise<string> {
		await this.request({
			url: '/rest/mcp/settings',
			method: 'PATCH',
			data: { mcpAccessEnabled: true },
		});
		return (await this.get<{ apiKey: string }>('/rest/mcp/api-key')).apiKey;
	}

	/** The content of an item's binary property. */
	async binary({ id, data, fileName, mimeType }: IBinaryData): Promise<Buffer> {
		if (id === undefined) return Buffer.from(data, 'base64');
		const response = await this.request<ArrayBuffer>({
			url: '/rest/binary-data',
			params: { id, action: 'download', fileName, mimeType },
			responseType: 'arraybuffer',
		});
		return Buffer.from(response.data);
	}

	/** Asks as a browser's preflight request does: it starts nothing. */
	private async hasWebhook(path: string, method: string): Promise<boolean> {
		const response = await axios.options(this.server.webhookUrl(path), {
			headers: { Origin: this.server.url, 'Access-Control-Request-Method': method },
			validateStatus: () => true,
		});
		return String(response.headers['access-control-allow-methods']).includes(method);
	}

	private async authenticate(url: string, data: IDataObject): Promise<void> {
		const { headers } = await this.request({ url, method: 'POST', data });
		const cookies = headers['set-cookie'] as string[] | undefined;
		this.http.defaults.headers.common.Cookie = (cookies ?? [])
			.map((cookie) => cookie.split(';')[0])
			.join('; ');
	}

	private async get<T>(url: string): Promise<T> {
		return (await this.request<{ data: T }>({ url })).data.data;
	}

	private async post<T>(url: string, data?: unknown): Promise<T> {
		return (await this.request<{ data: T }>({ url, method: 'POST', data })).data.data;
	}

	private async request<T>(config: AxiosRequestConfig) {
		try {
			return await this.http.request<T>(config);
		} catch (error) {
			if (!isAxiosError(error)) throw error;
			const answer = (error.response?.data as { message?: string } | undefined)?.message ?? '';
			// Not the error itself: it is pages long when printed.
			throw new Error(`${config.method ?? 'GET'} ${config.url}: ${error.message} ${answer}`);
		}
	}
}
