import { ExecuteContext, WorkflowExecute } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { chain, deepModeNode, GOING_ON, node } from '../shared/workflows';
import { nodeOfAnotherProcess } from './anotherProcess';
import { deduplicator } from './deduplicator';
import type { Execution, NodeSetup } from './engine';
import { additionalData, CREDENTIAL, execute, toExecution, toWorkflow } from './engine';
import { typesFor } from './nodeTypes';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

afterEach(() => {
	jest.restoreAllMocks();
	deduplicator.failure = undefined;
});

it.each([
	['succeeds', true],
	['fails in each of its tries, too', false],
])('a retry by hand that %s pays nothing again', async (_, succeeds) => {
	const ids = deepMode.addImageIds(3);
	const items = [...ids, 'no-such-image'].map((id) => ({ id }));
	const setup: NodeSetup = {
		parameters: { options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 20 } },
		settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
	};
	const first = await execute(deepMode.credentials, items, setup);
	expect(first.error?.message).toContain('no-such-image');
	expect(ids.map((id) => deepMode.charges(id).length)).toEqual([1, 1, 1]);
	if (succeeds) deepMode.addImage({ id: 'no-such-image' });

	const again = await retry(first, items, setup);

	expect(again.error === undefined).toBe(succeeds);
	expect(ids.map((id) => deepMode.charges(id).length)).toEqual([1, 1, 1]);
});

it('a retry by hand does not submit again what was handed over to be upscaled again', async () => {
	const [id = ''] = deepMode.addImageIds(1);
	const items = [{ id }, { id: 'no-such-image' }];
	deepMode.workMs = 60_000;
	const setup: NodeSetup = {
		parameters: {
			mode: 'async',
			callbackUrl: 'https://n8n.example.com/webhook/1/deepmode',
			options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 1 },
		},
	};
	const first = await execute(deepMode.credentials, items, setup);
	expect(first.error?.message).toContain('no-such-image');
	deepMode.addImage({ id: 'no-such-image' });

	const again = await retry(first, items, setup);

	expect(again.outputs[0]?.map(({ json }) => json.accepted)).toEqual(['earlier', undefined]);
	expect(deepMode.charges(id)).toHaveLength(1);
});

it.each<[string, IDataObject]>([
	['upscaled again', { imageId: '={{ $json.id }}', options: { ifUpscaled: 'upscaleAgain' } }],
	['generated', { operation: 'generate', modelId: '={{ $json.id }}', prompt: 'a lake' }],
])('a retry by hand does not count what was %s as too much for the balance', async (_, given) => {
	const operation = given.operation ?? 'upscale';
	const ids =
		operation === 'generate' ? Array(19).fill(deepMode.modelId) : deepMode.addImageIds(19);
	const items = [...ids, 'refused'].map((id: string) => ({ id }));
	const options = {
		...(given.options as IDataObject),
		ifTooFewCredits: 'stop',
		maxConcurrency: 1,
	};
	const setup = { parameters: { ...given, options } } as NodeSetup;
	const price = operation === 'generate' ? 1 : 3;
	deepMode.credits = 20 * price;
	const first = await execute(deepMode.credentials, items, setup);
	expect(first.error?.message).toContain('"refused"');
	expect(deepMode.credits).toBe(price);

	const again = await retry(first, items, setup);

	expect(again.error?.message).toContain('"refused"');
	expect(deepMode.credits).toBe(price);
});

it('a retry by hand that waits for the result generates what was handed over, and puts out no empty item', async () => {
	const items = [{ id: deepMode.modelId }, { id: 'no-such-model' }];
	const generate = { operation: 'generate', modelId: '={{ $json.id }}', prompt: 'a lake' };
	const callbackUrl = 'https://n8n.example.com/webhook/1/deepmode';
	const options = { maxConcurrency: 1 };
	const first = await execute(deepMode.credentials, items, {
		parameters: { ...generate, mode: 'async', callbackUrl, options },
	});
	expect(first.error?.message).toContain('no-such-model');

	const again = await retry(first, items, {
		parameters: { ...generate, options },
		settings: GOING_ON,
	});

	expect(again.outputs[0]?.[0]?.json).toMatchObject({ id: expect.any(String) });
});

it('a retry by hand after a restart, while n8n’s database is away, settles what was open', async () => {
	const [id = ''] = deepMode.addImageIds(1);
	const items = [{ id }];
	const setup: NodeSetup = { parameters: { options: { timeout: 4 } } };
	const restarted = { ...setup, nodeType: nodeOfAnotherProcess() };
	deduplicator.failure = new Error('database is locked');
	jest
		.spyOn(ExecuteContext.prototype, 'logger', 'get')
		.mockReturnValue({ debug() {}, warn() {} } as never);
	deepMode.workMs = 4300;
	deepMode.fault(id, { cut: 'after' });

	const first = await execute(deepMode.credentials, items, setup);
	expect(first.error?.message).toMatch(/^It is not known whether/);
	const again = await retry(first, items, restarted);

	expect(again.outputs[0]?.map(({ json }) => [json.id, json.upscaled])).toEqual([[id, true]]);
	expect(deepMode.charges(id)).toHaveLength(1);
});

/** As n8n's "Retry with currently saved workflow" of a failed execution. */
async function retry(
	{ run: { data } }: Execution,
	items: IDataObject[],
	{ parameters, settings, nodeType }: NodeSetup,
): Promise<Execution> {
	delete data.resultData.error;
	data.resultData.runData.DeepMode?.pop();
	const workflow = toWorkflow(
		chain(node('Items', 'test.items', 1), deepModeNode(CREDENTIAL, parameters, settings)),
		typesFor(items, nodeType),
	);
	for (const stacked of data.executionData?.nodeExecutionStack ?? []) {
		stacked.node = workflow.getNode(stacked.node.name) ?? stacked.node;
	}
	return toExecution(
		await new WorkflowExecute(
			additionalData(deepMode.credentials),
			'retry',
			data,
		).processRunExecutionData(workflow),
	);
}
