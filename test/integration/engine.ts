import { randomUUID } from 'node:crypto';

import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
	INodeType,
	INodeTypes,
	IRun,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import {
	createEmptyRunExecutionData,
	ICredentialsHelper,
	NodeHelpers,
	Workflow,
} from 'n8n-workflow';

import { DeepModeApi } from '../../credentials/DeepModeApi.credentials';
import type { WorkflowFile } from '../shared/workflows';
import { chain, deepModeNode, GOING_ON, node } from '../shared/workflows';
import { typesFor } from './nodeTypes';

/** What nodes refer to; its data is what a test gives to the engine. */
export const CREDENTIAL = { id: '1', name: 'DeepMode account', type: 'deepModeApi' };

/** What a test changes about the DeepMode node. */
export interface NodeSetup {
	parameters?: INode['parameters'];
	settings?: Partial<INode>;
}

/** A failing item becomes an error item. */
export const goOn: NodeSetup = { settings: GOING_ON };

type ItemError = Error & {
	description?: string | null;
	httpCode?: string | null;
	context?: IDataObject;
};

/** One finished execution on n8n's engine. */
export interface Execution {
	run: IRun;
	/** What the DeepMode node put out: [0] is the regular output, [1] the error output. */
	outputs: INodeExecutionData[][];
	/** The lines that the node shows above its output. */
	hints: string[];
	/** Outcome of the last try of the DeepMode node, if it failed. */
	error?: ItemError;
}

/**
 * Runs "Items → DeepMode" on n8n's real engine, in this process.
 *
 * @param credentials of the DeepMode node
 * @param items the JSON of the DeepMode node's input items
 */
export function startExecution(
	credentials: ICredentialDataDecryptedObject,
	items: IDataObject[],
	{ parameters, settings }: NodeSetup = {},
): { finished: Promise<Execution>; cancel: () => void } {
	const workflow = toWorkflow(
		chain(node('Items', 'test.items', 1), deepModeNode(CREDENTIAL, parameters, settings)),
		typesFor(items),
	);
	const execution = new WorkflowExecute(
		additionalData(credentials),
		'manual',
		createEmptyRunExecutionData(),
	).run({ workflow, startNode: workflow.getNode('Items') ?? undefined });
	return { finished: execution.then(toExecution), cancel: () => execution.cancel() };
}

/** As `startExecution`, for a test that only wants the end. */
export async function execute(...setup: Parameters<typeof startExecution>): Promise<Execution> {
	return await startExecution(...setup).finished;
}

export function toExecution(run: IRun): Execution {
	const last = run.data.resultData.runData.DeepMode?.at(-1);
	return {
		run,
		outputs: (last?.data?.main ?? []).map((output) => output ?? []),
		hints: (last?.hints ?? []).map(({ message }) => message),
		error: last?.error as ItemError | undefined,
	};
}

/** @param types the types of its nodes, by their names */
export function toWorkflow(file: WorkflowFile, types: Record<string, INodeType>): Workflow {
	const byName = (name: string) => types[name] as INodeType;
	const nodeTypes: INodeTypes = {
		getByName: byName,
		getByNameAndVersion: (name) => NodeHelpers.getVersionedNodeType(byName(name)),
		getKnownTypes: () => ({}),
	};
	return new Workflow({ id: randomUUID(), active: false, nodeTypes, ...file });
}

export function additionalData(
	credentials: ICredentialDataDecryptedObject,
	executionId: string = randomUUID(),
): IWorkflowExecuteAdditionalData {
	return {
		executionId,
		currentNodeExecutionIndex: 0,
		credentialsHelper: new OneCredential(credentials),
		hooks: new ExecutionLifecycleHooks('manual', executionId, {} as IWorkflowBase),
		webhookWaitingBaseUrl: 'http://127.0.0.1/webhook-waiting',
		formWaitingBaseUrl: 'http://127.0.0.1/form-waiting',
		variables: {},
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** n8n's part in credentials, for the one credential of a test. */
class OneCredential extends ICredentialsHelper {
	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}

	async getDecrypted() {
		return this.data;
	}

	async authenticate(credentials: ICredentialDataDecryptedObject, _: string, request: object) {
		return await new DeepModeApi().authenticate(credentials, request as IHttpRequestOptions);
	}

	async preAuthentication() {
		return undefined;
	}

	getParentTypes() {
		return [];
	}

	async getCredentials(): Promise<never> {
		throw new Error('not used by executions');
	}

	async runPreAuthentication() {
		return undefined;
	}

	isCredentialUsableByNode() {
		return true;
	}

	async updateCredentials() {}

	async updateCredentialsOauthTokenData() {}

	getCredentialsProperties() {
		return [];
	}
}
