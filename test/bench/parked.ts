import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { cpuOf } from '../e2e/harness/cpu';
import { memoryOf } from '../e2e/harness/memory';
import type { Emulator, ImageRecord } from '../emulator';
import { startEmulator } from '../emulator';
import { post } from '../shared/requests';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import type { Row } from './rounds';
import { round } from './rounds';
import type { BenchServer } from './server';

const IMAGES = 10;
/** The images are done when the benchmark says so. */
const NEVER = 2 ** 31 - 1;
/** How long n8n is left alone, and then looked at, in milliseconds. */
const CALM = 20_000;
/** How long it is looked at with all executions paused. */
const LONG = 600_000;

interface Reading {
	/** Of one core, in percent. */
	cpu: number;
	/** Open sockets of n8n, of any kind. */
	sockets: number;
	/** In MB. */
	memory: number;
	/** Looks at images, a minute. */
	looks: number;
}

/** 200 executions of ten images each, paused at once: what they hold, and whether all end. */
export async function parked(bench: BenchServer): Promise<Row> {
	const emulator = await startEmulator({ credits: 1_000_000, workMs: NEVER });
	const images: ImageRecord[] = [];
	try {
		const credential = await bench.n8n.createCredential(
			'deepModeApi',
			'Emulator',
			emulator.credentials,
		);
		const executionIds: string[] = [];
		const pauseHundred = async () => {
			for (let count = 0; count < 100; count++) {
				const added = emulator.addImages(IMAGES);
				images.push(...added);
				const items = added.map(({ id }) => ({ id }));
				const node = deepModeNode(credential, { mode: 'pause' });
				const workflowId = await bench.n8n.createWorkflow(chain(...itemsNodes(items), node));
				executionIds.push(await bench.n8n.run(workflowId));
			}
			for (const id of executionIds) {
				await bench.n8n.waitForExecution(id, { statuses: ['waiting'], timeoutMs: 120_000 });
			}
		};
		const readings: Record<string, Reading> = { idle: await read(bench, emulator) };
		await pauseHundred();
		readings['100 paused'] = await read(bench, emulator);
		await pauseHundred();
		readings['200 paused, ten minutes'] = await read(bench, emulator, LONG);

		for (const image of images) image.upscaled = true;
		// Where the node has rung meanwhile, n8n answers 409.
		for (const url of callbackOfEach(emulator.requests)) await post(url);
		let ended = 0;
		for (const id of executionIds) {
			const { status } = await bench.n8n.waitForExecution(id, { timeoutMs: 120_000 });
			if (status === 'success') ended += 1;
		}
		const of = (field: keyof Reading) =>
			Object.fromEntries(Object.entries(readings).map(([name, value]) => [name, value[field]]));
		const listed = (field: keyof Reading) =>
			Object.entries(of(field))
				.map(([name, value]) => `${name} ${value}`)
				.join(', ');
		return {
			case: '8 paused',
			measure: 'CPU in %',
			medians: of('cpu'),
			spread: {},
			ratios: {},
			notes: `sockets: ${listed('sockets')}; memory in MB: ${listed('memory')}; looks a minute: ${listed('looks')}; ended well: ${ended} of ${executionIds.length}`,
		};
	} finally {
		await emulator.close();
	}
}

/** One callback URL of each execution: those of its images differ in their tickets only. */
function callbackOfEach(requests: Array<{ body?: unknown }>): string[] {
	const urls = requests.flatMap(
		({ body }) => (body as { callback?: string } | undefined)?.callback ?? [],
	);
	return [...new Map(urls.map((url) => [new URL(url).pathname, url])).values()];
}

/**
 * Waits until n8n has calmed down, and looks at it.
 *
 * @param time for so long, in milliseconds
 */
async function read(
	{ server }: BenchServer,
	{ requests }: Emulator,
	time = CALM,
): Promise<Reading> {
	const pid = server.pid as number;
	const folder = `/proc/${pid}`;
	await sleep(CALM);
	const [worked, asked] = [cpuOf(pid), requests.length];
	await sleep(time);
	const cpu = ((cpuOf(pid) - worked) / (time / 1000)) * 100;
	const looks = (requests.length - asked) / (time / 60_000);
	const sockets = readdirSync(`${folder}/fd`).filter((fd) => isSocket(`${folder}/fd/${fd}`));
	const memory = Math.round(memoryOf(pid));
	return { cpu: round(cpu), sockets: sockets.length, memory, looks: round(looks) };
}

function isSocket(fd: string): boolean {
	try {
		return readlinkSync(fd).startsWith('socket:');
	} catch {
		// Closed meanwhile.
		return false;
	}
}
