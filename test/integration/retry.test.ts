import { WorkflowExecute } from 'n8n-core';

import type { Emulator } from '../emulator';
import { chain, deepModeNode, node } from '../shared/workflows';
import { additionalData, CREDENTIAL, execute, toExecution, toWorkflow } from './engine';
import { typesFor } from './nodeTypes';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

it.each([
	['succeeds', true],
	['fails in each of its tries, too', false],
])('a retry by hand that %s pays nothing again', async (_, succeeds) => {
	const ids = deepMode.addImageIds(3);
	const items = [...ids, 'no-such-image'].map((id) => ({ id }));
	const setup = {
		parameters: { options: { ifUpscaled: 'upscaleAgain', maxConcurrency: 20 } },
		settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
	};
	const first = await execute(deepMode.credentials, items, setup as never);
	expect(first.error?.message).toContain('no-such-image');
	expect(ids.map((id) => deepMode.charges(id).length)).toEqual([1, 1, 1]);
	if (succeeds) deepMode.addImage({ id: 'no-such-image' });

	const data = first.run.data;
	delete data.resultData.error;
	data.resultData.runData.DeepMode?.pop();
	const workflow = toWorkflow(
		chain(
			node('Items', 'test.items', 1),
			deepModeNode(CREDENTIAL, setup.parameters as never, setup.settings),
		),
		typesFor(items),
	);
	const again = toExecution(
		await new WorkflowExecute(
			additionalData(deepMode.credentials),
			'retry',
			data,
		).processRunExecutionData(workflow),
	);
	expect(again.error === undefined).toBe(succeeds);
	expect(ids.map((id) => deepMode.charges(id).length)).toEqual([1, 1, 1]);
});
