import { WebhookContext } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	IWebhookData,
	Workflow,
	WorkflowExecuteMode,
} from 'n8n-workflow';

import { DeepModeTrigger } from '../../nodes/DeepModeTrigger/DeepModeTrigger.node';
import { chain, triggerNode } from '../shared/workflows';
import { additionalData, CREDENTIAL, toWorkflow } from './engine';
import { parseQuery } from './web';

/** What came of one call to the trigger's webhook. */
export interface Received {
	/** 200 unless the node answered by itself. */
	status: number;
	answer: unknown;
	/** The JSON of the items that the workflow starts with; `undefined` if it does not start. */
	items?: IDataObject[];
	/** The binary fields of each item. */
	files?: string[][];
}

/** A trigger's webhook, as n8n calls it: the real webhook context, without a socket. */
export class TriggerUnderTest {
	private readonly trigger = new DeepModeTrigger();
	private readonly node: INode;
	private readonly workflow: Workflow;
	/** What the trigger wrote to n8n's log. */
	readonly log: string[] = [];

	constructor(
		private readonly credentials: ICredentialDataDecryptedObject,
		parameters: INode['parameters'] = {},
	) {
		this.node = triggerNode(CREDENTIAL, parameters);
		this.workflow = toWorkflow(chain(this.node), { [this.node.type]: this.trigger });
	}

	/**
	 * @param query the query string of the call, or names and values
	 * @param body sent as JSON, a string as it is
	 */
	async call(
		query: string | Record<string, unknown>,
		body: unknown,
		mode: WorkflowExecuteMode = 'webhook',
	): Promise<Received> {
		let status = 200;
		let answer: unknown;
		const response = {
			status: (code: number) => ((status = code), response),
			json: (json: unknown) => ((answer = json), response),
			end: () => response,
		};
		const rawBody = body === undefined ? undefined : toBytes(body);
		const context = new WebhookContext(
			this.workflow,
			this.node,
			{
				...additionalData(this.credentials),
				httpRequest: {
					query: typeof query === 'string' ? parseQuery(query) : query,
					rawBody,
					headers: {},
					params: {},
					body: {},
				},
				httpResponse: response,
			} as never,
			mode,
			{} as IWebhookData,
			[],
			null,
		);
		const log = (message: string, meta?: object) =>
			this.log.push(message + JSON.stringify(meta ?? {}));
		Object.defineProperty(context, 'logger', { value: { warn: log, error: log } });

		const result = await this.trigger.webhook.call(context);
		return {
			status,
			answer: answer ?? result.webhookResponse,
			items: result.workflowData?.[0]?.map(({ json }) => json),
			files: result.workflowData?.[0]?.map(({ binary }) => Object.keys(binary ?? {})),
		};
	}
}

function toBytes(body: unknown): Buffer {
	return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
