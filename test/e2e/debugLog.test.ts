import { chain, deepModeNode, GOING_ON, itemsNodes } from '../shared/workflows';
import { startN8n } from './harness/server';
import { useWorld } from './world';

const world = useWorld(async () => await startN8n({ env: { N8N_LOG_LEVEL: 'debug' } }));

it("tells in n8n's log what became of each request, without key, address of a file or query", async () => {
	const { deepMode, n8n, credential, server } = world;
	const fine = deepMode.addImage();
	const cut = deepMode.addImage();
	const refused = deepMode.addImage();
	deepMode.fault(cut.id, { cut: 'after' });
	deepMode.fault(refused.id, {
		status: 422,
		body: { message: `Unknown ${deepMode.filesUrl}/a.jpg?sig=1` },
	});

	await n8n.runAndWait(
		chain(
			...itemsNodes([fine, cut, refused].map(({ id }) => ({ id }))),
			deepModeNode(
				credential,
				{ mode: 'async', callbackUrl: 'http://127.0.0.1:9/', context: '{ "row": 7 }' },
				GOING_ON,
			),
		),
	);

	const lines = server
		.log()
		.split('\n')
		.filter((line) => line.includes('DeepMode: '));
	expect(lines.join('\n')).toMatch(
		new RegExp(
			`POST /api/images/upscale, image "${cut.id}": no answer .* so unknown; not sent again`,
		),
	);
	expect(lines.join('\n')).toMatch(
		new RegExp(`POST /api/images/upscale, image "${refused.id}": status 422 .* so refused`),
	);
	expect(lines.join('\n')).toMatch(
		new RegExp(`POST /api/images/upscale, image "${fine.id}": status 200 .* so acknowledged`),
	);
	for (const secret of [deepMode.apiKey, deepMode.filesUrl, 'dm_signature', '?']) {
		expect(lines.filter((line) => line.includes(secret))).toEqual([]);
	}
});
