import { sleep } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { THREE_TRIES } from '../shared/workflows';
import { onMovedClock } from './clock';
import type { NodeSetup } from './engine';
import { execute } from './engine';
import { useEmulator } from './useEmulator';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const run = async (ids: string[], setup: NodeSetup) =>
	await onMovedClock(
		async () =>
			await execute(
				deepMode.credentials,
				ids.map((id) => ({ id })),
				setup,
			),
	);

it('200 images of a minute, ten in flight: twenty minutes pass', async () => {
	deepMode.workMs = MINUTE;
	const ids = deepMode.addImageIds(200);

	const { result, passed } = await run(ids, { parameters: { options: { maxConcurrency: 10 } } });

	expect(result.outputs[0]?.map(({ json }) => [json.id, json.upscaled])).toEqual(
		ids.map((id) => [id, true]),
	);
	expect(passed).toBe(20 * MINUTE);
	expect(deepMode.maxInFlight).toBe(10);
	expect(deepMode.spent).toBe(600);
});

it('pictures are waited for, however little time there is for them', async () => {
	const ids = deepMode.addImageIds(5, { upscaled: true });

	const { result, passed } = await run(ids, {
		parameters: { operation: 'get', download: true, options: { timeout: 1 } },
	});

	expect(result.outputs[0]?.map(({ binary }) => binary?.data?.mimeType)).toEqual(
		ids.map(() => 'image/jpeg'),
	);
	expect(passed).toBe(0);
});

it('the pauses of Retry On Fail pass, too', async () => {
	const { result, passed } = await run(['no-such-image'], {
		settings: { ...THREE_TRIES, waitBetweenTries: 5 * SECOND },
	});

	expect(result.error?.message).toContain('no-such-image');
	expect(deepMode.submits).toHaveLength(3);
	expect(passed).toBe(10 * SECOND);
});

it('a request that is never answered is given up when its time is over', async () => {
	const ids = deepMode.addImageIds(1);
	deepMode.fault('*', { hang: true });

	const { result, passed } = await run(ids, { parameters: { options: { timeout: 300 } } });

	expect(result.error?.message).toMatch(/^It is not known whether image .*: .*timeout/);
	expect(passed).toBeGreaterThan(4 * MINUTE);
	expect(passed).toBeLessThanOrEqual(5 * MINUTE);
});

it('what the work throws is thrown, and the clock is the real one again', async () => {
	const started = Date.now();

	const work = onMovedClock(async () => {
		await sleep(HOUR);
		throw new Error(`after ${Date.now() - started >= HOUR ? 'an hour' : 'no time'}`);
	});

	await expect(work).rejects.toThrow('after an hour');
	expect(Date.now() - started).toBeLessThan(HOUR);
});
