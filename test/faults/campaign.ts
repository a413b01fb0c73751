import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';
import type { ICredentialDataDecryptedObject, IDataObject, INode } from 'n8n-workflow';

import type { Emulator, Fault } from '../emulator';
import { startEmulator } from '../emulator';
import { nodeOfAnotherProcess } from '../integration/anotherProcess';
import { TriggerUnderTest } from '../integration/callbacks';
import { onMovedClock } from '../integration/clock';
import type { NodeSetup } from '../integration/engine';
import { execute } from '../integration/engine';
import { fileFaults, imageFaults } from './faults';

const SHARE_WITH_FAULTS = 0.3;
const SHARE_WITH_FILE_FAULTS = 0.2;
const CREDITS = 3;
/** How long a claim lasts at most: what was never accepted can then be submitted again. */
const CLAIM_MS = 2 * 60 * 60 * 1000;

/** What a campaign runs. */
export const WAYS = [
	'sync',
	'async',
	'async, all callbacks lost',
	'two executions at once',
	'two processes at once',
] as const;

export type Way = (typeof WAYS)[number];

/** What came of a campaign. */
export interface Audit {
	way: Way;
	seed: number;
	/** How the items of the first run ended; each is in one of these. In async, done is handed over. */
	done: number;
	notSent: number;
	refused: number;
	notKnown: number;
	inWork: number;
	/** Items that ended in any other way. */
	unclear: string[];
	/** Images that were charged more than once, or charged and said to be free, or the reverse. */
	chargedWrongly: string[];
	/** Images of which the items together do not tell what the ledger says. */
	costsWrongly: string[];
	/** Items that do not know what they cost. */
	costsNotKnown: number;
	/** Images whose callback did not start a workflow, or did so more than once. */
	calledBackWrongly: string[];
	/** Images that are upscaled after the second run, without faults. */
	doneInTheEnd: number;
	/** Credits that all runs cost. */
	credits: number;
}

/**
 * Upscales images on n8n's engine while things go wrong, audits the ledger, and runs once more two
 * hours later, when nothing goes wrong any longer.
 *
 * @param seed the same seed makes the same faults
 * @param count number of images
 */
export async function runCampaign(way: Way, seed: number, count: number): Promise<Audit> {
	const deepMode = await startEmulator({ workMs: (id) => id.charCodeAt(0) * 2 });
	const receiver = await startReceiver(deepMode);
	try {
		const images = deepMode.addImages(count);
		const ids = images.map(({ id }) => id);
		const faults = new Map(pickFaults(ids, seed));
		for (const [id, list] of faults) for (const fault of list) deepMode.fault(id, fault);
		if (way === 'async, all callbacks lost') {
			deepMode.fault('*', { on: 'callback', lost: true, times: Infinity });
		}
		const run = async () => await runAll(deepMode, ids, setups(way, receiver.url));

		const outputs = await run();
		const endings = outputs.map((items) => items.map(toEnding));
		await deepMode.settled();
		// Who is told that an image was accepted can only believe it.
		const isTold = (id: string) => way.startsWith('async') && faults.has(id);
		const chargedWrongly = ids.filter((id, index) => {
			const charges = deepMode.charges(id).length;
			const [least, most] = dueCharges(endings.map((each) => each[index] ?? ''));
			return charges > most || (charges < least && !isTold(id));
		});
		const costsWrongly = ids.filter((id, index) => {
			const charged = deepMode.charges(id).length * CREDITS;
			const said = outputs.map((items) => toldCredits(items[index] ?? {}));
			const least = said.reduce((sum, [credits]) => sum + credits, 0);
			const most = said.reduce((sum, [, credits]) => sum + credits, 0);
			return charged > most || (charged < least && !isTold(id));
		});

		deepMode.clearFaults();
		const now = Date.now;
		const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + CLAIM_MS);
		try {
			await run();
			await deepMode.settled();
		} finally {
			clock.mockRestore();
		}
		const all = endings.flat();
		const number = (kind: string) => all.filter((ending) => ending === kind).length;
		return {
			way,
			seed,
			done: number('done'),
			notSent: number('notSent'),
			refused: number('refused'),
			notKnown: number('notKnown'),
			inWork: number('inWork'),
			unclear: all.filter((ending) => ending.startsWith('unclear')),
			chargedWrongly,
			costsWrongly,
			costsNotKnown: outputs.flat().filter((item) => toldCredits(item)[1] > toldCredits(item)[0])
				.length,
			calledBackWrongly: way === 'async' ? ids.filter((id) => receiver.started(id) !== 1) : [],
			doneInTheEnd: images.filter(({ upscaled }) => upscaled).length,
			credits: deepMode.spent,
		};
	} finally {
		await deepMode.close();
		receiver.close();
	}
}

/** What a campaign must come to. */
export function expectedAudit(way: Way, seed: number, count: number) {
	return {
		way,
		seed,
		unclear: [],
		chargedWrongly: [],
		costsWrongly: [],
		calledBackWrongly: [],
		doneInTheEnd: count,
		credits: count * CREDITS,
	};
}

/** The executions that run at the same time. */
function setups(way: Way, callbackUrl: string): NodeSetup[] {
	const options = { maxConcurrency: 20, timeout: 4, addCost: true };
	const setup: NodeSetup = {
		workflowId: 'w1',
		settings: { id: 'n1', onError: 'continueRegularOutput' },
		parameters: { options },
	};
	switch (way) {
		case 'sync':
			return [setup];
		case 'two executions at once':
			return [setup, setup];
		case 'two processes at once':
			return [setup, { ...setup, nodeType: nodeOfAnotherProcess() }];
		default: {
			const parameters = { mode: 'async', callbackUrl, options } as INode['parameters'];
			return [{ ...setup, parameters }];
		}
	}
}

async function runAll(
	deepMode: Emulator,
	ids: string[],
	executions: NodeSetup[],
): Promise<IDataObject[][]> {
	return await Promise.all(
		executions.map(async (setup) => {
			const items = ids.map((id) => ({ id }));
			const { outputs } = await execute(accountOf(deepMode), items, setup);
			return outputs[0]?.map(({ json }) => json) ?? [];
		}),
	);
}

const accountOf = ({ apiKey, url }: Emulator): ICredentialDataDecryptedObject => ({
	apiKey,
	baseUrl: url,
});

/** A DeepMode Trigger behind a web server. */
async function startReceiver(deepMode: Emulator) {
	const trigger = new TriggerUnderTest(accountOf(deepMode), {
		events: ['image.upscaled'],
		authentication: 'signature',
	});
	const starts: unknown[] = [];
	const server = createServer(async (request, response) => {
		const query = new URL(request.url ?? '', 'http://n8n').search.slice(1);
		const received = await trigger.call(query, (await buffer(request)).toString());
		starts.push(...(received.items ?? []).map(({ image_id }) => image_id));
		response.writeHead(received.status).end();
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	// Callbacks come at least once.
	deepMode.callbackRepeats = 2;
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		started: (id: string) => starts.filter((imageId) => imageId === id).length,
		close: () => server.close(),
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

function toEnding({ upscaled, mode, accepted, error }: IDataObject): string {
	if (accepted === 'unknown') return 'notKnown';
	if (accepted === 'earlier') return 'inWork';
	if (upscaled === true || mode === 'async') return 'done';
	const message = String(error);
	if (message.startsWith('Nothing was sent')) return 'notSent';
	if (message.startsWith('It is not known')) return 'notKnown';
	if (/^Image .* has been in work/.test(message)) return 'inWork';
	if (/refused|does not know/.test(message)) return 'refused';
	return `unclear: ${message}`;
}

/** What an item says that it cost, at least and at most. */
function toldCredits({ credits, accepted, message }: IDataObject): [least: number, most: number] {
	if (typeof credits === 'number') return [credits, credits];
	const upTo = /up to (\d+) credits may have been spent/.exec(String(message))?.[1];
	return [0, accepted === 'unknown' ? CREDITS : Number(upTo ?? 0)];
}

/** How often an image may be charged, at least and at most, that ended so in each execution. */
function dueCharges(endings: string[]): [least: number, most: number] {
	if (endings.includes('done')) return [1, 1];
	return endings.some((ending) => ending === 'notKnown' || ending === 'inWork') ? [0, 1] : [0, 0];
}
