import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import fc from 'fast-check';
import type { IDataObject, INode } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import type { Emulator, Fault } from '../emulator';
import { startEmulator } from '../emulator';
import { nodeOfAnotherProcess } from '../integration/anotherProcess';
import { TriggerUnderTest } from '../integration/callbacks';
import { onMovedClock } from '../integration/clock';
import type { NodeSetup } from '../integration/engine';
import { execute } from '../integration/engine';
import { WaitingN8n } from '../integration/waiting/n8n';
import { callbackFaults, fileFaults, imageFaults } from './faults';

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
	'two paused executions at once',
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
	const deepMode = await startEmulator({ workMs: (id) => id.charCodeAt(0) * 200 });
	const receiver = await startReceiver(deepMode);
	const n8n = await WaitingN8n.start();
	try {
		const images = deepMode.addImages(count);
		const ids = images.map(({ id }) => id);
		const faults = new Map(pickFaults(ids, seed));
		for (const [id, list] of faults) for (const fault of list) deepMode.fault(id, fault);
		if (way === 'async, all callbacks lost') {
			deepMode.fault('*', { on: 'callback', lost: true, times: Infinity });
		}
		if (way === 'two paused executions at once') {
			// Other images than those with the faults above, though some have both.
			for (const [id, list] of pickFaults(ids, seed + 1, SHARE_WITH_FAULTS, callbackFaults)) {
				for (const fault of list) deepMode.fault(id, fault);
			}
		}
		const executions = setups(way, receiver.url);
		const run = async () => {
			const ended = await Promise.all(
				executions.map(async (setup) => await runOne(n8n, deepMode, ids, setup)),
			);
			await deepMode.settled();
			return ended;
		};

		const { result } = await onMovedClock(async () => {
			const outputs = await run();
			const endings = outputs.map((items) => items.map(toEnding));
			const isTold = (id: string) => handsOver(way) && faults.get(id)?.some(tellsOfAcceptance);
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
			const costsNotKnown = outputs
				.flat()
				.map(toldCredits)
				.filter(([least, most]) => most > least).length;
			deepMode.clearFaults();
			await sleep(CLAIM_MS);
			await run();
			return { endings, chargedWrongly, costsWrongly, costsNotKnown };
		});
		const all = result.endings.flat();
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
			chargedWrongly: result.chargedWrongly,
			costsWrongly: result.costsWrongly,
			costsNotKnown: result.costsNotKnown,
			calledBackWrongly: way === 'async' ? ids.filter((id) => receiver.started(id) !== 1) : [],
			doneInTheEnd: images.filter(({ upscaled }) => upscaled).length,
			credits: deepMode.spent,
		};
	} finally {
		n8n.close();
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

function handsOver(way: Way): boolean {
	return way.startsWith('async') || way === 'two paused executions at once';
}

/** Who is told that an image was accepted, and it was not, can only believe it. */
function tellsOfAcceptance(fault: Fault): boolean {
	return 'status' in fault && fault.status === 200 && fault.accepted === false;
}

/** The executions that run at the same time. */
function setups(way: Way, callbackUrl: string): NodeSetup[] {
	const options = { maxConcurrency: 20, addCost: true };
	const setup = (parameters: INode['parameters']): NodeSetup => ({
		workflowId: 'w1',
		settings: { id: 'n1', onError: 'continueRegularOutput' },
		parameters: { ...parameters, options },
	});
	const sync = setup({ mode: 'sync' });
	const paused = setup({ mode: 'pause' });
	switch (way) {
		case 'sync':
			return [sync];
		case 'two executions at once':
			return [sync, sync];
		case 'two processes at once':
			return [sync, { ...sync, nodeType: nodeOfAnotherProcess() }];
		case 'two paused executions at once':
			return [paused, paused];
		default:
			return [setup({ mode: 'async', callbackUrl })];
	}
}

/** Runs an execution to its end, paused or not. */
async function runOne(
	n8n: WaitingN8n,
	{ credentials }: Emulator,
	ids: string[],
	setup: NodeSetup,
): Promise<IDataObject[]> {
	const items = ids.map((id) => ({ id }));
	const execution = await n8n.run(credentials, items, setup);
	return (await execution.ended()).items('DeepMode').map(({ json }) => json);
}

/** A DeepMode Trigger behind a web server. */
async function startReceiver(deepMode: Emulator) {
	const trigger = new TriggerUnderTest(deepMode.credentials, {
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
					deepMode.credentials,
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

function toEnding({ upscaled, mode, accepted, timed_out, error }: IDataObject): string {
	if (accepted === 'unknown' || timed_out === true) return 'notKnown';
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
