import { startHttpServer, type HttpServer } from '../shared/httpServer';
import { waitFor } from '../shared/waitFor';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { startN8n } from './harness/server';
import { useWorld } from './world';

let proxy: HttpServer;

afterAll(() => proxy?.close());

/** n8n behind a proxy that redirects `http:` to `https:`, with `http:` in its `WEBHOOK_URL`. */
const world = useWorld(async () => {
	proxy = await startHttpServer((request, response) => {
		response.writeHead(301, { location: `https://127.0.0.1${request.url}` }).end();
	});
	return await startN8n({ env: { WEBHOOK_URL: proxy.url } });
});

it('calls that nobody hears are one warning in the log, without the token', async () => {
	const { id } = world.deepMode.addImage();
	world.deepMode.workMs = 600_000;
	const workflow = chain(
		...itemsNodes([{ id }]),
		deepModeNode(world.credential, { mode: 'pause' }),
	);
	const executionId = await world.n8n.run(await world.n8n.createWorkflow(workflow));
	await world.n8n.waitForExecution(executionId, { statuses: ['waiting'] });

	const warnings = () =>
		world.server
			.log()
			.split('\n')
			.filter((line) => line.includes('cannot call its own paused execution'));
	await waitFor('the warning', () => warnings().length > 0);

	expect(warnings()).toHaveLength(1);
	expect(warnings()[0]).toContain(`${proxy.url}/webhook-waiting/${executionId}/`);
	expect(warnings()[0]).toContain('301');
	expect(warnings()[0]).not.toContain('signature');
	await world.n8n.stopExecution(executionId);
});
