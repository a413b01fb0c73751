import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { useWorld } from '../e2e/world';
import { startBrowser } from '../editor/browser';
import { Editor } from '../editor/editor';
import { exampleFile, withCredentials } from '../shared/examples';
import { importByCommand } from './importing';

const TIMEOUT_MS = 240_000;

const world = useWorld();
let browser: Browser;
let editor: Editor;
let file: string;

beforeAll(async () => {
	browser = await startBrowser();
	editor = await Editor.open(browser, world.server.url);
	const workflow = withCredentials(exampleFile('async-upscale-with-callback'), [world.credential]);
	file = join(world.server.userFolder, 'async-upscale-with-callback.json');
	await writeFile(file, JSON.stringify(workflow));
}, TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
});

/** The trigger's Production URL, as the editor shows it. */
async function productionUrl(id: string): Promise<string> {
	await editor.openWorkflow(id);
	await editor.openNode('DeepMode Trigger');
	await editor.panel.getByText('Webhook URLs', { exact: true }).click();
	await editor.panel.getByText('Production URL', { exact: true }).click();
	const url = (await editor.panel.locator('.webhook-url').innerText()).trim();
	await editor.closeNode();
	return url;
}

/** Does what the notes say: copies the trigger's URL into the node that submits, and publishes. */
async function publish(id: string): Promise<string> {
	const url = await productionUrl(id);
	await editor.openNode('Submit Upscale');
	await editor.fill('callbackUrl', url);
	await editor.closeNode();
	await editor.save();
	await world.n8n.activate(id, url.replace(world.server.webhookUrl(''), ''));
	return url;
}

it(
	'an example that the editor imports twice has a URL for each, and both can be published',
	async () => {
		const urls: string[] = [];
		for (let count = 0; count < 2; count++) {
			await editor.newWorkflow();
			await editor.importFile(file);
			urls.push(await publish(await editor.save()));
		}

		expect(new Set(urls).size).toBe(2);
	},
	TIMEOUT_MS,
);

it(
	'so has one that n8n’s command line imports twice',
	async () => {
		const workflow = exampleFile('async-upscale-with-callback');
		const filledIn = withCredentials(workflow, [world.credential]);
		await importByCommand(world.server, { first: filledIn, second: filledIn });

		expect(await publish('first')).not.toBe(await publish('second'));
	},
	TIMEOUT_MS,
);
