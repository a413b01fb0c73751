import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import type { Fault } from '../emulator';
import { startEmulator } from '../emulator';
import { onMovedClock } from '../integration/clock';
import { execute } from '../integration/engine';
import { fileFaults, imageFaults } from './faults';

const SHARE_WITH_FAULTS = 0.3;
const SHARE_WITH_FILE_FAULTS = 0.2;
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
		const ids = deepMode.addImages(count).map(({ id }) => id);
		for (const [id, faults] of pickFaults(ids, seed)) {
			for (const fault of faults) deepMode.fault(id, fault);
		}
		const run = async () =>
			(
				await execute(
					{ apiKey: deepMode.apiKey, baseUrl: deepMode.url },
					ids.map((id) => ({ id })),
					{
						settings: { onError: 'continueRegularOutput' },
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

/** What came of a campaign on files. */
export interface FileAudit {
	seed: number;
	/** Items whose picture came byte for byte, named and typed as a JPEG. */
	pictures: number;
	/** Requests for files, and credits, that it took. */
	fileRequests: number;
	credits: number;
}

/**
 * Upscales images and downloads their pictures on n8n's engine while the file host fails.
 *
 * @param seed the same seed makes the same faults
 * @param count number of images
 */
export async function runFileCampaign(seed: number, count: number): Promise<FileAudit> {
	const deepMode = await startEmulator();
	try {
		const ids = deepMode.addImages(count, { ratio: 'square' }).map(({ id }) => id);
		for (const [id, faults] of pickFaults(ids, seed, SHARE_WITH_FILE_FAULTS, fileFaults)) {
			for (const fault of faults) deepMode.fault(id, fault);
		}
		const { result } = await onMovedClock(
			async () =>
				await execute(
					{ apiKey: deepMode.apiKey, baseUrl: deepMode.url },
					ids.map((id) => ({ id })),
					{
						settings: { onError: 'continueRegularOutput' },
						parameters: { download: true, options: { maxConcurrency: 20 } },
					},
				),
		);
		const arrived = await Promise.all(
			ids.map(async (id, index) => {
				const file = result.outputs[0]?.[index]?.binary?.data;
				const isWhole = file?.data === (await deepMode.picture(id)).toString('base64');
				return isWhole && file?.mimeType === 'image/jpeg' && file.fileExtension === 'jpeg';
			}),
		);
		return {
			seed,
			pictures: arrived.filter(Boolean).length,
			fileRequests: deepMode.fileRequests.length,
			credits: deepMode.spent,
		};
	} finally {
		await deepMode.close();
	}
}

/** What a campaign on files must come to. */
export function expectedFileAudit(seed: number, count: number) {
	return { seed, pictures: count, credits: count * CREDITS };
}

function pickFaults(
	ids: string[],
	seed: number,
	share = SHARE_WITH_FAULTS,
	kinds: fc.Arbitrary<Fault[]> = imageFaults,
) {
	const count = Math.round(ids.length * share);
	const unlucky = fc.sample(fc.shuffledSubarray(ids, { minLength: count, maxLength: count }), {
		seed,
		numRuns: 1,
	})[0] as string[];
	const faults = fc.sample(kinds, { seed, numRuns: unlucky.length });
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
