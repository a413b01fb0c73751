import { sleep } from 'n8n-workflow';

import { knownRounds } from '../../nodes/DeepMode/resources/image/pause/rounds';
import type { Emulator } from '../emulator';
import { onMovedClock } from './clock';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

const MINUTE = 60_000;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

// In a file of its own: what other tests leave behind would be counted, too.
it('nothing is left six minutes after the last has ended: no timer, no round', async () => {
	const n8n = await WaitingN8n.start();
	const run = async (id: string) =>
		await n8n.run(deepMode.credentials, [{ id }], { parameters: { options: { maxWait: 10 } } });
	// The engine's own timers start with its first run.
	await run(String(deepMode.addImageIds(1, { upscaled: true })[0]));
	const ids = deepMode.addImageIds(12);
	deepMode.workMs = (id) => ids.indexOf(id) * MINUTE;

	const { result } = await onMovedClock(async () => {
		const executions = await Promise.all(ids.map(run));
		executions[8]?.stop();
		await Promise.all(executions.map(async (execution) => await execution.ended()));
		const known = knownRounds();
		await deepMode.settled();
		await sleep(6 * MINUTE);
		n8n.close();
		return { known, then: knownRounds(), timers: jest.getTimerCount() };
	});

	expect(result.known).toBeGreaterThan(0);
	expect(result.then).toBe(0);
	expect(result.timers).toBe(0);
});
