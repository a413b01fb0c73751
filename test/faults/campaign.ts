import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { startEmulator } from '../emulator';
import { execute } from '../integration/engine';
import { GOING_ON } from '../shared/workflows';
import { imageFaults } from './faults';

const SHARE_WITH_FAULTS = 0.3;
const CREDITS = 3;

/** What came of a campaign. */
export interface Audit {
	seed: number;
	/** How the items of the first run ended; each is in one of these. */
	done: number;
	notSent: number;
	refused: number;
	notKnown: number;
	/** Items that ended in any other way. */
	unclear: string[];
	/** Images that were charged more than once, or charged and said to be free, or the reverse. */
	chargedWrongly: string[];
	/** Results of the second run, without faults. */
	doneInTheEnd: number;
	/** Credits that both runs cost. */
	credits: number;
}

/**
 * Upscales images on n8n's engine while things go wrong, audits the ledger, and runs once more when
 * nothing goes wrong any longer.
 *
 * @param seed the same seed makes the same faults
 * @param count number of images
 */
export async function runCampaign(seed: number, count: number): Promise<Audit> {
	const deepMode = await startEmulator({ workMs: (id) => id.charCodeAt(0) * 2 });
	try {
		const ids = deepMode.addImageIds(count);
		for (const [id, faults] of pickFaults(ids, seed)) {
			for (const fault of faults) deepMode.fault(id, fault);
		}
		const run = async () =>
			(
				await execute(
					deepMode.credentials,
					ids.map((id) => ({ id })),
					{
						settings: GOING_ON,
						parameters: { options: { maxConcurrency: 20, timeout: 4 } },
					},
				)
			).outputs[0]?.map(({ json }) => json) ?? [];

		const endings = (await run()).map(toEnding);
		await deepMode.settled();
		const chargedWrongly = ids.filter((id, index) => {
			const charges = deepMode.charges(id).length;
			const ending = endings[index];
			if (ending === 'done') return charges !== 1;
			return ending === 'notKnown' ? charges > 1 : charges > 0;
		});

		deepMode.clearFaults();
		const second = await run();
		return {
			seed,
			done: endings.filter((ending) => ending === 'done').length,
			notSent: endings.filter((ending) => ending === 'notSent').length,
			refused: endings.filter((ending) => ending === 'refused').length,
			notKnown: endings.filter((ending) => ending === 'notKnown').length,
			unclear: endings.filter((ending) => ending.startsWith('unclear')),
			chargedWrongly,
			doneInTheEnd: second.filter(({ upscaled }) => upscaled === true).length,
			credits: deepMode.spent,
		};
	} finally {
		await deepMode.close();
	}
}

/** What a campaign must come to. */
export function expectedAudit(seed: number, count: number) {
	return {
		seed,
		unclear: [],
		chargedWrongly: [],
		doneInTheEnd: count,
		credits: count * CREDITS,
	};
}

function pickFaults(ids: string[], seed: number) {
	const count = Math.round(ids.length * SHARE_WITH_FAULTS);
	const unlucky = fc.sample(fc.shuffledSubarray(ids, { minLength: count, maxLength: count }), {
		seed,
		numRuns: 1,
	})[0] as string[];
	const faults = fc.sample(imageFaults, { seed, numRuns: unlucky.length });
	return unlucky.map((id, index) => [id, faults[index] ?? []] as const);
}

function toEnding({ upscaled, error }: IDataObject): string {
	if (upscaled === true) return 'done';
	const message = String(error);
	if (message.startsWith('Nothing was sent')) return 'notSent';
	if (message.startsWith('It is not known')) return 'notKnown';
	if (/refused|does not know/.test(message)) return 'refused';
	return `unclear: ${message}`;
}
