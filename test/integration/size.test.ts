import { setImmediate as nextTurn } from 'node:timers/promises';

import { inLanes } from '../../nodes/shared/lanes';
import { Turns } from '../../nodes/shared/turns';
import type { Emulator } from '../emulator';
import { onMovedClock } from './clock';
import { execute, goOn, startExecution } from './engine';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

/** Takes a while, as many an expression does. */
const SLOW_ID = '={{ [...Array(20_000).keys()].length > 0 ? $json.id : "" }}';

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
