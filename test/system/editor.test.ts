import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { useWorld } from '../e2e/world';
import { startBrowser } from '../editor/browser';
import { Editor } from '../editor/editor';
import { ROOT } from '../shared/paths';
import { waitFor } from '../shared/waitFor';
import { chain, deepModeNode, itemsNodes, node } from '../shared/workflows';

const TIMEOUT_MS = 240_000;

const SCHEMA = join(ROOT, 'nodes/DeepMode/__schema__/v2.0.0/image/upscale.json');

const world = useWorld();
let browser: Browser;
let editor: Editor;

beforeAll(async () => {
	browser = await startBrowser();
}, TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
});

beforeEach(async () => {
	editor = await Editor.open(browser, world.server.url);
});

afterEach(async () => {
	await editor?.close();
});

it(
	'finds the node by what it does',
	async () => {
		await editor.newWorkflow();

		for (const words of ['upscale', 'enhance', 'super resolution', 'deepmode', 'generate image']) {
			await editor.search('');
			await editor.search(words);
			await editor.entry('DeepMode').waitFor();
		}
	},
	TIMEOUT_MS,
);

it(
	'leads from the node panel to an upscaled picture',
	async () => {
		const { deepMode } = world;
		const { id } = deepMode.addImage();
		await editor.newWorkflow();
		await editor.search('upscale');
		await editor.addAction('DeepMode', 'Upscale an image');
		expect(await editor.parameters()).toEqual([
			'resource',
			'operation',
			'imageId',
			'mode',
			'download',
		]);

		await editor.newCredential();
		await editor.fill('apiKey', 'wrong');
		await editor.fill('baseUrl', deepMode.url);
		await editor.saveCredential();
		await editor.credential.getByText('Couldn’t connect with these settings').waitFor();
		await editor.fill('apiKey', deepMode.apiKey);
		await editor.saveCredential();
		await editor.credential.waitFor({ state: 'hidden' });
		await editor.editCredential();
		await editor.credential.getByText('Connection tested successfully').waitFor();
		await editor.closeCredential();

		await editor.fill('imageId', id);
		await editor.turnOn('download');
		await editor.execute();
		await editor.output.getByText('1 upscaled (3 credits)').waitFor();

		expect(await editor.viewPicture()).toBe(4 * 256);
		expect(deepMode.charges(id)).toHaveLength(1);
	},
	TIMEOUT_MS,
);

it(
	'says in the output panel what went wrong and what to do',
	async () => {
		const workflow = chain(
			...itemsNodes([{ id: 'nobody' }]),
			deepModeNode(world.credential, { imageId: 'nobody' }),
		);
		await editor.openWorkflow(await world.n8n.createWorkflow(workflow));
		await editor.openNode('DeepMode');

		await editor.execute();

		expect(await editor.error()).toEqual([
			'DeepMode does not know image "nobody"',
			expect.stringContaining('Check the ID'),
		]);
	},
	TIMEOUT_MS,
);

it(
	'offers the fields of the result to the next node before the first run',
	async () => {
		const { properties } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as { properties: object };
		const workflow = chain(
			...itemsNodes([]),
			deepModeNode(world.credential),
			node('Next', 'n8n-nodes-base.set', 3.4, {}),
		);
		await editor.openWorkflow(await world.n8n.createWorkflow(workflow));

		await editor.openNode('Next');

		expect(await editor.inputFields()).toEqual(Object.keys(properties).sort());
	},
	TIMEOUT_MS,
);

it(
	'shows in the trigger’s panel the result that DeepMode calls back with',
	async () => {
		const { deepMode, n8n, credential } = world;
		const { id } = deepMode.addImage();
		await editor.newWorkflow();
		await editor.search('deepmode');
		await editor.addTrigger('DeepMode', 'On image upscaled');
		expect(await editor.parameters()).toEqual(['events', 'authentication', 'download']);
		const callbackUrl = await editor.webhookUrl();
		await editor.execute();
		await editor.panel.getByText('Listening for test event').waitFor();

		const submission = deepModeNode(credential, {
			mode: 'async',
			callbackUrl,
			context: { customer: 'Zoë & Sons' },
		});
		const { error } = await n8n.runAndWait(chain(...itemsNodes([{ id }]), submission));

		expect(error).toBeUndefined();
		await editor.output.getByText('Zoë & Sons').waitFor();
		await editor.output.getByText(id).first().waitFor();
	},
	TIMEOUT_MS,
);

it(
	'a tool says what its operation is, whichever is chosen, until the user says it otherwise',
	async () => {
		const tool = {
			...deepModeNode(world.credential, { imageId: 'a' }),
			type: 'n8n-nodes-deepmode.deepModeTool',
		};
		const id = await world.n8n.createWorkflow(chain(tool));
		await editor.openWorkflow(id);
		await editor.openNode(tool.name);
		const description = editor.parameter('toolDescription').locator('textarea');

		expect(await description.inputValue()).toMatch(/^Enlarges one image/);
		await editor.choose('operation', 'Get Image');
		await waitFor('the description of Get Image', async () =>
			(await description.inputValue()).startsWith('Reads one image'),
		);

		await description.fill('Mine');
		await editor.choose('operation', 'Upscale Image');
		await editor.parameter('mode').waitFor();
		expect(await description.inputValue()).toBe('Mine');
		await editor.save();
		expect((await world.n8n.workflow(id)).nodes[0]?.parameters.toolDescription).toBe('Mine');
	},
	TIMEOUT_MS,
);
