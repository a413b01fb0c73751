import type { Emulator } from '../emulator';
import { onMovedClock } from './clock';
import type { NodeSetup } from './engine';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

let n8n: WaitingN8n;

beforeEach(async () => {
	n8n = await WaitingN8n.start();
	deepMode.workMs = 60_000;
	deepMode.fault('*', { on: 'callback', lost: true, times: Infinity });
});

afterEach(() => n8n.close());

/** The warnings above the output of a node that hands an image over. */
async function warnings(parameters: NodeSetup['parameters']): Promise<string[]> {
	const { id } = deepMode.addImage();
	// Nobody rings at a parked execution: the clock stops when it is parked.
	const { result } = await onMovedClock(
		async () => await n8n.run(deepMode.credentials, [{ id }], { parameters }),
	);
	const [run] = result.now().data.resultData.runData.DeepMode ?? [];
	return (run?.hints ?? []).filter(({ type }) => type === 'warning').map(({ message }) => message);
}

const HIDDEN = 'DeepMode cannot reach the callback URL';
const PLAIN = 'starts with http:';

const addresses: Array<[string, string | undefined]> = [
	['http://localhost:5678', HIDDEN],
	['https://192.168.0.7', HIDDEN],
	['http://n8n.internal', HIDDEN],
	['http://n8n.example.com', PLAIN],
	['https://n8n.example.com', undefined],
];

it.each(addresses)('a callback URL at %s: %p', async (origin, words) => {
	const callbackUrl = `${origin}/webhook/1/deepmode`;

	expect(await warnings({ mode: 'async', callbackUrl })).toEqual(
		words ? [expect.stringContaining(words)] : [],
	);
});

it.each(addresses)('a pause of an n8n at %s: %p', async (origin, words) => {
	n8n.webhookUrl = origin;

	expect(await warnings({ mode: 'pause' })).toEqual(words ? [expect.stringContaining(words)] : []);
});

it('a Test URL', async () => {
	const callbackUrl = 'https://n8n.example.com/webhook-test/1/deepmode';

	expect(await warnings({ mode: 'async', callbackUrl })).toEqual([
		expect.stringContaining('is a Test URL'),
	]);
});
