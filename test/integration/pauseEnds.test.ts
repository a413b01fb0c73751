import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { sleep } from 'n8n-workflow';

import { Round } from '../../nodes/DeepMode/resources/image/pause/rounds';
import type { Emulator } from '../emulator';
import { onMovedClock } from './clock';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

const MINUTE = 60_000;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

/** Tells how many of the rounds that begin from now on something still holds. */
function watchRounds(): () => number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const rounds = new Set<WeakRef<Round>>();
	const { newBell } = Round.prototype;
	Round.prototype.newBell = function (this: Round) {
		rounds.add(new WeakRef(this));
		return newBell.call(this);
	};
	return () => {
		collect();
		return [...rounds].filter((round) => round.deref()).length;
	};
}

// In a file of its own: what other tests leave behind would be counted, too.
it('nothing is left six minutes after the last has ended: no timer, no round', async () => {
	const heldRounds = watchRounds();
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
		const held = heldRounds();
		await deepMode.settled();
		await sleep(6 * MINUTE);
		n8n.close();
		return { held, timers: jest.getTimerCount() };
	});

	expect(result.held).toBeGreaterThan(0);
	expect(result.timers).toBe(0);
	expect(heldRounds()).toBe(0);
});
