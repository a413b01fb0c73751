import { peakGrowth } from '../e2e/harness/memory';
import { startN8n } from '../e2e/harness/server';
import { useWorld } from '../e2e/world';
import type { HttpServer } from '../shared/httpServer';
import { sendPicture, startHttpServer } from '../shared/httpServer';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';

const MEGABYTE = 1024 * 1024;

/** n8n's own default; the harness's servers run in it. */
const world = useWorld(
	async () => await startN8n({ env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' } }),
);
let host: HttpServer;

beforeAll(async () => {
	host = await startHttpServer((request, response) => {
		const { searchParams } = new URL(request.url ?? '', 'http://host');
		sendPicture(response, Number(searchParams.get('mb')) * MEGABYTE);
	});
});

afterAll(() => host?.close());

/** Downloads so many files of so many megabytes, and tells how far n8n's memory went up, in MB. */
async function growthOf(files: number, megabytes: number): Promise<number> {
	const ids = world.deepMode.addImageIds(files, { upscaled: true });
	for (const id of ids) {
		const body = {
			id,
			image_url: `${host.url}/?mb=${megabytes}`,
			upscaled: true,
			file_name: 'a.jpeg',
		};
		world.deepMode.fault(id, { on: 'retrieve', status: 200, body });
	}
	const growth = await peakGrowth(world.server.pid as number, async () => {
		const execution = await world.n8n.runAndWait(
			chain(
				...itemsNodes(ids.map((id) => ({ id }))),
				deepModeNode(world.credential, { operation: 'get', download: true }),
			),
			{ timeoutMs: 180_000 },
		);
		const sizes = execution.items('DeepMode').map(({ binary }) => binary?.data?.bytes);
		expect(sizes).toEqual(Array(files).fill(megabytes * MEGABYTE));
	});
	process.stdout.write(
		`${files} × ${megabytes} MB: n8n's peak memory grew by ${growth.toFixed(0)} MB\n`,
	);
	return growth;
}

it('streams downloads: their size is not in memory', async () => {
	await growthOf(10, 1);

	expect(await growthOf(1, 200)).toBeLessThan(100);
	expect(await growthOf(10, 200)).toBeLessThan(300);
}, 400_000);
