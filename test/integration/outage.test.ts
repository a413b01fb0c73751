import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import { onMovedClock } from './clock';
import type { Execution, NodeSetup } from './engine';
import { execute } from './engine';

const COUNT = 200;
const OUTAGE = 30_000;

let deepMode: Emulator;
let ids: string[];

beforeEach(async () => {
	deepMode = await startEmulator({ workMs: 2000 });
	ids = deepMode.addImages(COUNT).map(({ id }) => id);
});

afterEach(async () => {
	await deepMode.close();
});

const upscale = async (baseUrl: string, setup?: NodeSetup): Promise<Execution> =>
	await execute(
		{ apiKey: deepMode.apiKey, baseUrl },
		ids.map((id) => ({ id })),
		{ settings: { onError: 'continueRegularOutput' }, ...setup },
	);
const done = ({ outputs }: Execution) =>
	outputs[0]?.filter(({ json }) => json.upscaled === true).length;
const middle = () => Math.floor(COUNT / 2);

/** Does something when a hundred images are submitted, and something else half a minute later. */
async function inTheMiddle(begin: () => void, end: () => void): Promise<void> {
	while (deepMode.charges().length < middle()) await later(100);
	begin();
	await later(OUTAGE);
	end();
}

async function later(milliseconds: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

it('a batch comes through half a minute in which connections are cut and refused', async () => {
	const line = await startLine(Number(new URL(deepMode.url).port));

	const { result } = await onMovedClock(async () => {
		const outage = inTheMiddle(line.cut, line.mend);
		const execution = await upscale(line.url);
		await outage;
		return execution;
	});
	line.close();

	expect(done(result)).toBe(COUNT);
	expect(deepMode.spent).toBe(3 * COUNT);
});

it('a batch comes through half a minute of 502: all but what was being submitted, which a second run does', async () => {
	const { result } = await onMovedClock(async () => {
		const outage = inTheMiddle(
			() => {
				for (const on of ['upscale', 'retrieve'] as const) {
					deepMode.fault('*', { on, status: 502, times: Infinity });
				}
			},
			() => deepMode.clearFaults(),
		);
		const first = await upscale(deepMode.url);
		await outage;
		return { first, second: await upscale(deepMode.url) };
	});

	const { first, second } = result;
	const failed = first.outputs[0]?.filter(({ json }) => json.error) ?? [];
	expect(failed.length).toBeLessThanOrEqual(10);
	for (const { json } of failed) expect(json.error).toMatch(/^It is not known .* status 502/);
	expect(done(first)).toBe(COUNT - failed.length);
	expect(done(second)).toBe(COUNT);
	expect(deepMode.spent).toBe(3 * COUNT);
});

it.each([
	['connections that are refused', 'ECONNREFUSED', undefined],
	['502', 'status 502', { status: 502 }],
	['a page', 'Parked', { status: 200, body: '<p>Parked</p>' }],
	['connections that are cut', 'socket hang up', { cut: 'before' as const }],
])(
	'a list of 1,000 ends within five minutes of %s, and every item is told',
	async (_, seen, fault) => {
		ids = deepMode.addImages(1000).map(({ id }) => id);
		const { url } = deepMode;
		if (fault) deepMode.fault('*', { ...fault, on: 'retrieve', times: Infinity });
		else await deepMode.close();

		const { result, passed } = await onMovedClock(async () => await upscale(url));

		const errors = new Set(result.outputs[0]?.map(({ json }) => String(json.error)));
		expect(result.outputs[0]).toHaveLength(1000);
		expect([...errors]).toEqual([expect.stringContaining('Nothing was sent: DeepMode cannot be')]);
		expect([...errors][0]).toContain(seen);
		expect(passed).toBeLessThan(300_000);
		expect(deepMode.spent).toBe(0);
	},
);

/** A line to a port, which can be cut: then nobody listens at its end. */
async function startLine(port: number) {
	const sockets = new Set<Socket>();
	const start = (at: number): Server =>
		createServer((socket) => {
			const onward = connect(port, '127.0.0.1');
			for (const end of [socket, onward]) {
				sockets.add(end);
				end.on('error', () => undefined);
				end.on('close', () => {
					socket.destroy();
					onward.destroy();
				});
			}
			socket.pipe(onward).pipe(socket);
		}).listen(at, '127.0.0.1');
	let server = start(0);
	await once(server, 'listening');
	const { port: own } = server.address() as AddressInfo;
	const cut = () => {
		server.close();
		sockets.forEach((socket) => socket.destroy());
	};
	return {
		url: `http://127.0.0.1:${own}`,
		cut,
		mend: () => {
			server = start(own);
		},
		close: cut,
	};
}
