import { randomUUID } from 'node:crypto';

import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IRun,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import {
	createEmptyRunExecutionData,
	ICredentialsHelper,
	NodeConnectionTypes,
	NodeHelpers,
	Workflow,
} from 'n8n-workflow';

import { DeepModeApi } from '../../credentials/DeepModeApi.credentials';
import { DeepMode } from '../../nodes/DeepMode/DeepMode.node';

/** What a test changes about the DeepMode node. */
export interface NodeSetup {
	parameters?: INode['parameters'];
	settings?: Partial<INode>;
}

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
	{ parameters = {}, settings = {} }: NodeSetup = {},
): { finished: Promise<Execution>; cancel: () => void } {
	const workflow = new Workflow({
		id: randomUUID(),
		active: false,
		settings: { executionOrder: 'v1' },
		nodeTypes: nodeTypes(items),
		nodes: [
			node('Items', 'test.items'),
			{
				...node('DeepMode', 'n8n-nodes-deepmode.deepMode'),
				parameters: { imageId: '={{ $json.id }}', ...parameters },
				credentials: { deepModeApi: { id: '1', name: 'DeepMode account' } },
				...settings,
			},
		],
		connections: {
			Items: { main: [[{ node: 'DeepMode', type: NodeConnectionTypes.Main, index: 0 }]] },
		},
	});
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

function toExecution(run: IRun): Execution {
	const last = run.data.resultData.runData.DeepMode?.at(-1);
	return {
		run,
		outputs: (last?.data?.main ?? []).map((output) => output ?? []),
		hints: (last?.hints ?? []).map(({ message }) => message),
		error: last?.error as ItemError | undefined,
	};
}

function node(name: string, type: string): INode {
	return { id: randomUUID(), name, type, typeVersion: 1, position: [0, 0], parameters: {} };
}

function nodeTypes(items: IDataObject[]) {
	const types: Record<string, INodeType> = {
		'test.items': new Items(items),
		'n8n-nodes-deepmode.deepMode': new DeepMode(),
	};
	const byName = (name: string) => types[name] as INodeType;
	return {
		getByName: byName,
		getByNameAndVersion: (name: string) => NodeHelpers.getVersionedNodeType(byName(name)),
		getKnownTypes: () => ({}),
	};
}

/** Stands in for whatever feeds the DeepMode node in a user's workflow. */
class Items implements INodeType {
	description = {
		displayName: 'Items',
		name: 'items',
		group: ['trigger' as const],
		version: 1,
		description: '',
		defaults: {},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	};

	constructor(private readonly items: IDataObject[]) {
		this.execute = async () => [this.items.map((json) => ({ json }))];
	}

	execute: (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;
}

export function additionalData(
	credentials: ICredentialDataDecryptedObject,
): IWorkflowExecuteAdditionalData {
	const executionId = randomUUID();
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

	/** As n8n does, it resolves expressions for one item. */
	async getDecrypted(...args: Parameters<ICredentialsHelper['getDecrypted']>) {
		const values = args[6];
		if (!values || !JSON.stringify(this.data).includes('"=')) return this.data;
		const { workflow, runExecutionData, runIndex, itemIndex, node, connectionInputData } = values;
		return workflow.expression.getParameterValue(
			this.data as INodeParameters,
			runExecutionData,
			runIndex,
			itemIndex,
			node.name,
			connectionInputData,
			'manual',
			{},
		) as ICredentialDataDecryptedObject;
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
