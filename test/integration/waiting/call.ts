import { WebhookContext } from 'n8n-core';
import type {
	INode,
	IRunExecutionData,
	IWebhookDescription,
	IWebhookResponseData,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';

import type { WebRequest, WebResponse } from '../web';
import { pausedNode, type WaitingExecution } from './execution';

/** A call that n8n does not let through to the node. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

/** A call to a paused execution. */
export interface Call {
	method?: string;
	/** What follows the execution's ID in the URL's path. */
	path: string;
	request: WebRequest;
	response: WebResponse;
}

/** What a call comes to. */
export interface Verdict {
	/** What the execution goes on with, if it does. */
	goesOnWith?: IRunExecutionData;
	/** Missing if the node has answered by itself. */
	answer?: unknown;
	/** What the node has thrown. */
	failure?: unknown;
}

/**
 * Lets the node that has paused an execution judge a call to it, in the same steps as n8n 2.41 does
 * in its `WaitingWebhooks` and `WebhookHelpers`.
 *
 * @param log gets what the node writes to n8n's log
 * @throws Refusal if n8n does not ask the node
 */
export async function judgeCall(
	execution: WaitingExecution,
	call: Call,
	additionalData: IWorkflowExecuteAdditionalData,
	log: (line: string) => void,
): Promise<Verdict> {
	const data = waitingData(execution, call);
	pausedNode(data).node.disabled = true;
	data.waitTill = undefined;
	const name = data.resultData.lastNodeExecuted ?? '';
	data.resultData.runData[name]?.pop();
	const workflow = execution.workflow();
	const node = workflow.getNode(name) as INode;
	const webhook = webhookOf(workflow, node, call);

	const { request: httpRequest, response: httpResponse } = call;
	const context = new WebhookContext(
		workflow,
		node,
		{ ...additionalData, httpRequest, httpResponse } as never,
		'manual',
		{ webhookDescription: webhook } as never,
		[],
		data,
	);
	const write = (message: string, meta?: object) => log(message + JSON.stringify(meta ?? {}));
	Object.defineProperty(context, 'logger', {
		value: { debug: () => undefined, warn: write, error: write },
	});

	try {
		const { webhook: ask } = workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
		const result = (await ask?.call(context)) ?? {};
		return { goesOnWith: withOutput(data, result.workflowData), answer: answerOf(result, webhook) };
	} catch (failure) {
		data.resultData = { runData: {}, lastNodeExecuted: name, error: failure as never };
		return { goesOnWith: withOutput(data, [[{ json: {} }]]), failure };
	}
}

/** @throws Refusal if the execution does not wait for this call */
function waitingData(execution: WaitingExecution, { request }: Call): IRunExecutionData {
	const data = execution.load();
	if (data?.resumeToken && data.resumeToken !== request.query.signature) {
		throw new Refusal(401, 'Invalid token');
	}
	if (execution.status !== 'waiting' || !data) {
		throw new Refusal(409, `The execution "${execution.id}" is ${execution.status}.`);
	}
	return data;
}

/** @throws Refusal if the node does not listen for this call */
function webhookOf(workflow: Workflow, node: INode, { method, path }: Call): IWebhookDescription {
	const { description } = workflow.nodeTypes.getByNameAndVersion(node.type, node.typeVersion);
	const webhook = description.webhooks?.find(
		(candidate) =>
			candidate.restartWebhook === true &&
			candidate.httpMethod === method &&
			workflow.expression.getSimpleParameterValue(node, candidate.path, 'internal', {}) === path,
	);
	if (!webhook) throw new Refusal(404, 'There is no waiting webhook with that path and method.');
	return webhook;
}

function withOutput(
	data: IRunExecutionData,
	output: IWebhookResponseData['workflowData'],
): IRunExecutionData | undefined {
	if (!output) return undefined;
	const paused = pausedNode(data);
	paused.data.main = output;
	paused.metadata = { ...paused.metadata, forwardAllOutputs: true };
	return data;
}

function answerOf(result: IWebhookResponseData, webhook: IWebhookDescription): unknown {
	if (result.noWebhookResponse) return undefined;
	const { responseData = 'firstEntryJson' } = webhook;
	return (result.workflowData && responseData) || result.webhookResponse;
}
