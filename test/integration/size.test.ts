import { setImmediate as nextTurn } from 'node:timers/promises';

import type { IExecuteFunctions } from 'n8n-workflow';

import { waitForOthers } from '../../nodes/DeepMode/resources/image/waitForOthers';
import type { Batch, Ending } from '../../nodes/DeepMode/run/batch';
import { runBatch } from '../../nodes/DeepMode/run/batch';
import type { Run } from '../../nodes/DeepMode/run/run';
import { inLanes } from '../../nodes/shared/lanes';
import { Turns } from '../../nodes/shared/turns';
import type { Emulator } from '../emulator';
import { deepModeNode } from '../shared/workflows';
import { onMovedClock } from './clock';
import { CREDENTIAL, execute, goOn, startExecution } from './engine';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

/** Takes a while, as many an expression does. */
const SLOW_ID = '={{ [...Array(20_000).keys()].length > 0 ? $json.id : "" }}';

const REFUSED: Ending = {
	failure: { from: 'api', message: 'DeepMode refused', description: 'Nothing was charged.' },
	endsBatch: false,
};

const slowItems = (count: number) => deepMode.addImageIds(count).map((id) => ({ id }));

it('n8n does other work while many items are read, and before the first is sent', async () => {
	const { finished } = startExecution(deepMode.credentials, slowItems(500), {
		parameters: { imageId: SLOW_ID },
	});
	let turns = 0;
	while (deepMode.requests.length === 0) {
		await nextTurn();
		turns += 1;
	}

	expect(turns).toBeGreaterThan(10);
	expect((await finished).outputs[0]).toHaveLength(500);
});

it('n8n does other work while many items fail for the same reason', async () => {
	const items = slowItems(3000);
	deepMode.fault(String(items[0]?.id), { on: 'retrieve', status: 401 });
	const { finished } = startExecution(deepMode.credentials, items, {
		...goOn,
		parameters: { operation: 'get', options: { maxConcurrency: 1 } },
	});
	let isOver = false;
	void finished.then(() => (isOver = true));
	while (deepMode.requests.length === 0) await nextTurn();
	let turns = 0;
	while (!isOver) {
		await nextTurn();
		turns += 1;
	}

	expect(turns).toBeGreaterThan(10);
	expect((await finished).outputs[0]).toHaveLength(3000);
});

it.each([1, 10])('n8n does other work in between, with %i lanes at work', async (lanes) => {
	const turns = new Turns();
	const items = [...Array(500).keys()];
	let done = 0;
	const working = inLanes(items, lanes, async () => {
		await turns.next();
		const startedAt = Date.now();
		while (Date.now() === startedAt);
		done += 1;
	});
	let turnsOfWork = 0;
	for (let before = 0; before < items.length; before = done) {
		await nextTurn();
		if (done > before) turnsOfWork += 1;
	}
	await working;

	// An item takes a millisecond, and a turn 20.
	expect(turnsOfWork).toBeGreaterThan(15);
});

it('n8n does other work while many images are given up that others have in work', async () => {
	const jobs = [...Array(500).keys()].map((itemIndex) => ({
		input: { imageId: String(itemIndex) },
		itemIndexes: [itemIndex],
		maySend: () => true,
		endSending: () => undefined,
	}));
	const run = { claims: { keyOf: String }, options: { timeout: 100, maxConcurrency: 10 } };
	let ended = 0;
	const inWork = async () => await Promise.resolve({ inWork: { since: 'for a minute' } });
	const waiting = waitForOthers(run as unknown as Run, jobs, inWork, () => {
		const startedAt = Date.now();
		while (Date.now() === startedAt);
		ended += 1;
	});
	let turnsOfWork = 0;
	for (let before = 0; before < jobs.length; before = ended) {
		await nextTurn();
		if (ended > before) turnsOfWork += 1;
	}
	await waiting;

	expect(turnsOfWork).toBeGreaterThan(15);
});

function contextWith(items: number): IExecuteFunctions {
	return {
		getInputData: () => Array.from({ length: items }, () => ({ json: {} })),
		continueOnFail: () => true,
		getExecutionCancelSignal: () => undefined,
	} as unknown as IExecuteFunctions;
}

it('n8n does other work while many results are put out', async () => {
	const json = {
		get id() {
			const startedAt = Date.now();
			while (Date.now() === startedAt);
			return 'a';
		},
	};
	let isDone = false;
	const running = runBatch<string>(contextWith(500), async () => {
		const work = async () => await Promise.resolve({ items: [{ json }] });
		const done = () => void (isDone = true);
		return await Promise.resolve({
			maxConcurrency: 10,
			read: () => 'a',
			keyOf: () => 'a',
			work,
			done,
		});
	});
	let isOver = false;
	void running.then(() => (isOver = true));
	let turns = 0;
	while (!isOver) {
		await nextTurn();
		if (isDone) turns += 1;
	}

	expect(await running).toHaveLength(500);
	expect(turns).toBeGreaterThan(15);
});

it.each<[string, Partial<Batch<string>> | Error]>([
	['a run that cannot start', new Error('an expression is wrong')],
	['one image', { work: async () => await Promise.reject(new Error('it is wrong')) }],
	['one image, told by DeepMode', { work: async () => await Promise.resolve(REFUSED) }],
])('the error of many items that fail by %s is made once', async (_, batch) => {
	const getNode = jest.fn(() => ({ ...deepModeNode(CREDENTIAL), id: '1' }));
	const context = { ...contextWith(1000), getNode };
	const items = await runBatch<string>(context, async () => {
		if (batch instanceof Error) throw batch;
		const same = { maxConcurrency: 10, read: () => 'a', keyOf: () => 'a' };
		return await Promise.resolve({ ...same, ...batch } as Batch<string>);
	});

	expect(items).toHaveLength(1000);
	expect(items.every(({ json }) => typeof json.error === 'string')).toBe(true);
	expect(getNode.mock.calls.length).toBeLessThan(10);
});

it('a wrong item far behind ends the run before anything is sent', async () => {
	const items = slowItems(1000);
	items[999] = { id: ' ' };

	const { error } = await execute(deepMode.credentials, items);

	expect(error?.message).toBe('The image ID is blank');
	expect(error?.context?.itemIndex).toBe(999);
	expect(deepMode.requests).toHaveLength(0);
});

it('Stop ends a run whose items are still read: nothing is sent', async () => {
	const { finished, cancel } = startExecution(deepMode.credentials, slowItems(500), {
		parameters: { imageId: SLOW_ID },
	});
	for (let turn = 0; turn < 5; turn += 1) await nextTurn();
	cancel();
	await finished;

	expect(deepMode.requests).toHaveLength(0);
});

it.each(['upscale', 'generate'])(
	'a callback URL of %s is good for 24 hours from when it is sent',
	async (operation) => {
		const parameters = {
			operation,
			mode: 'async',
			callbackUrl: 'https://n8n.example.com/webhook/1/deepmode',
			context: '={{ { "row": $json.row } }}',
			modelId: deepMode.modelId,
			prompt: 'a lake',
			options: { maxConcurrency: 1, timeout: 3600 },
		};
		const busy = { on: operation, status: 429, headers: { 'retry-after': '1800' } } as const;
		deepMode.fault('*', busy as never);
		const items = deepMode.addImageIds(2).map((id, row) => ({ id, row }));

		await onMovedClock(async () => await execute(deepMode.credentials, items, { parameters }));

		const sent = deepMode.submits.map(({ at, body, status }) => {
			const { searchParams } = new URL((body as { callback: string }).callback);
			return { status, hours: Number(searchParams.get('dm_expires')) / 3600 - at / 3_600_000 };
		});
		expect(sent.map(({ status }) => status)).toEqual([429, 200, 200]);
		for (const { hours } of sent) expect(hours).toBeCloseTo(24, 2);
	},
);
