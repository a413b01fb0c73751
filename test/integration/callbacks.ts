import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';

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
	/** Of the answer, whether the trigger's own or n8n's. */
	status: number;
	answer: unknown;
	/** The JSON of the items that the workflow starts with; `undefined` if it does not start. */
	items?: IDataObject[];
	/** The binary fields of each item. */
	files?: string[][];
}

/** n8n's answer to a call, as far as the trigger sees it, without a socket. */
export class CallAnswer extends EventEmitter {
	statusCode = 200;
	body: unknown;
	writableEnded = false;
	writableFinished = false;
	closed = false;

	status(code: number): this {
		this.statusCode = code;
		return this;
	}

	json(body: unknown): this {
		this.body = body;
		return this;
	}

	end(): this {
		this.writableEnded = true;
		if (this.closed) return this;
		this.writableFinished = true;
		this.emit('finish');
		return this.leave();
	}

	/** The caller goes away. */
	leave(): this {
		this.closed = true;
		this.emit('close');
		return this;
	}
}

/** A trigger's webhook, as n8n calls it: the real webhook context, without a socket. */
export class TriggerUnderTest {
	private readonly trigger = new DeepModeTrigger();
	private readonly node: INode;
	private readonly workflow: Workflow;
	/** What the trigger wrote to n8n's log. */
	readonly log: string[] = [];
	/** How often n8n decrypted the trigger's credential. */
	decryptions = 0;
	/** n8n's part after the trigger's: it starts the workflow, and answers. */
	n8nAnswers: (answer: CallAnswer) => void = (answer) => answer.status(200).end();

	/** @param credentials what the trigger's credential holds; a test may change it */
	constructor(
		public credentials: ICredentialDataDecryptedObject,
		parameters: INode['parameters'] = {},
	) {
		// What the trigger keeps of a credential is another test's.
		this.node = triggerNode({ ...CREDENTIAL, id: randomUUID() }, parameters);
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
		caller: { ip?: string; ips?: string[] } = {},
	): Promise<Received> {
		const answer = new CallAnswer();
		const httpRequest = {
			query: typeof query === 'string' ? parseQuery(query) : query,
			rawBody: undefined as Buffer | undefined,
			// As with a content type that n8n does not know: whoever wants the body reads it.
			readRawBody: async () => {
				httpRequest.rawBody = body === undefined ? undefined : toBytes(body);
			},
			headers: {},
			params: {},
			body: {},
			...caller,
		};
		const context = new WebhookContext(
			this.workflow,
			this.node,
			{
				...this.additionalData(),
				httpRequest,
				httpResponse: answer,
			} as never,
			mode,
			{} as IWebhookData,
			[],
			null,
		);
		const log = (message: string, meta?: object) =>
			this.log.push(message + JSON.stringify(meta ?? {}));
		Object.defineProperty(context, 'logger', {
			value: { debug: () => undefined, warn: log, error: log },
		});

		const result = await this.trigger.webhook.call(context);
		if (!answer.writableEnded) this.n8nAnswers(answer);
		return {
			status: answer.statusCode,
			answer: answer.body ?? result.webhookResponse,
			items: result.workflowData?.[0]?.map(({ json }) => json),
			files: result.workflowData?.[0]?.map(({ binary }) => Object.keys(binary ?? {})),
		};
	}

	private additionalData() {
		const data = additionalData(this.credentials);
		const helper = data.credentialsHelper;
		const decrypt = helper.getDecrypted.bind(helper);
		helper.getDecrypted = async (...parameters) => {
			this.decryptions += 1;
			return await decrypt(...parameters);
		};
		return data;
	}
}

function toBytes(body: unknown): Buffer {
	return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
