import { createRequire } from 'node:module';

import type { Emulator } from '../emulator';
import { execute, goOn } from './engine';
import { useEmulator } from './useEmulator';

/** What n8n's debug log tells of each request. */

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const ofCore = createRequire(require.resolve('n8n-core'));
const { Container } = ofCore('@n8n/di') as { Container: { get: (type: unknown) => Logger } };
const { Logger } = ofCore('@n8n/backend-common') as { Logger: unknown };
type Logger = { debug: (line: string) => void };

/** @returns the lines about requests, which take a time that nobody knows before */
async function linesOf(work: () => Promise<unknown>): Promise<string[]> {
	const debug = jest.spyOn(Container.get(Logger), 'debug').mockImplementation();
	await work();
	const lines = debug.mock.calls.map(([line]) => line);
	debug.mockRestore();
	return lines
		.filter((line) => line.startsWith('DeepMode: '))
		.map((line) => line.replace('DeepMode: ', '').replace(/after \d+ ms, so/, 'after N ms, so'));
}

const POST = 'POST /api/images/upscale, image';

it('tells what was asked, what came, what was concluded, and whether it is sent again', async () => {
	const signed = 'https://files.example.com/a.jpg?sig=secret';
	for (const id of ['fine', 'busy', 'refused', 'cut', 'away']) deepMode.addImage({ id });
	deepMode.addImage({ id: 'done', upscaled: true });
	deepMode.fault('busy', { status: 429, headers: { 'retry-after': '1' } });
	deepMode.fault('refused', {
		status: 422,
		body: { message: `cannot read ${signed} for ${deepMode.apiKey}` },
	});
	deepMode.fault('cut', { cut: 'after' });
	deepMode.fault('away', { on: 'retrieve', status: 503, body: `<p>${signed}</p>` });

	const lines = await linesOf(async () => {
		await execute(
			deepMode.credentials,
			['fine', 'busy', 'refused', 'cut', 'away', 'done'].map((id) => ({ id })),
			{ ...goOn, parameters: { options: { maxConcurrency: 1 } } },
		);
	});

	const look = (id: string, state: string) =>
		`GET /api/images/${id}: status 200 after N ms, so image (image "${id}" ${state}); not sent again`;
	const submitted = (id: string) =>
		`${POST} "${id}": status 200 after N ms, so image (image "${id}" upscaled); not sent again`;
	expect(lines).toEqual([
		'GET /api/check-balance: status 200 after N ms, so acknowledged; not sent again',
		look('fine', 'not upscaled'),
		submitted('fine'),
		look('busy', 'not upscaled'),
		`${POST} "busy": status 429 after N ms, so busy; sent again after 1000 ms`,
		submitted('busy'),
		look('refused', 'not upscaled'),
		`${POST} "refused": status 422 after N ms, so refused; not sent again`,
		look('cut', 'not upscaled'),
		`${POST} "cut": no answer (socket hang up) after N ms, so unknown; not sent again, since it may have been accepted`,
		look('cut', 'upscaled'),
		'GET /api/images/away: status 503 after N ms, so unknown; asked again while there is time',
		look('away', 'not upscaled'),
		submitted('away'),
		look('done', 'upscaled'),
	]);
});

it('tells a connection that was never made', async () => {
	const credentials = { ...deepMode.credentials, baseUrl: 'https://api.example.invalid' };

	const lines = await linesOf(
		async () =>
			await execute(credentials, [{}], {
				...goOn,
				parameters: { resource: 'account', operation: 'getBalance' },
			}),
	);

	expect(lines[0]).toMatch(
		/^GET \/api\/check-balance: no answer \(getaddrinfo .*\) after N ms, so unreachable; sent again twice at most$/,
	);
});

it('names the images that were generated, and nothing of what was asked for', async () => {
	const lines = await linesOf(
		async () =>
			await execute(deepMode.credentials, [{}], {
				parameters: {
					operation: 'generate',
					modelId: deepMode.modelId,
					prompt: 'a lake',
					options: { numImages: 2 },
				},
			}),
	);

	expect(lines).toEqual([
		expect.stringMatching(
			/^POST \/api\/images\/generate: status 200 after N ms, so images \(image "\w+" not upscaled, image "\w+" not upscaled\); not sent again$/,
		),
	]);
});
