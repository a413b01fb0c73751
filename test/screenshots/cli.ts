/// <reference lib="esnext.disposable" />
import { emulatedApi, type DemoApi } from '../demo/api';
import { openN8n } from '../demo/n8n';
import type { N8nClient } from '../e2e/harness/client';
import { startBrowser } from '../editor/browser';
import { Editor } from '../editor/editor';
import { example, exampleNames, withCredentials } from '../shared/examples';
import { announce } from '../shared/progress';
import type { StoredCredential } from '../shared/workflows';
import { takeCanvas, takePicture } from './pictures';

const WINDOW = { width: 1400, height: 860, scale: 2 };
const SMALL_WINDOW = { width: 1100, height: 440, scale: 2 };

/** What users see of their own n8n. */
const PUBLIC_URL = 'https://n8n.example.com/';

/** `npm run docs:screenshots`: takes the pictures of README and docs anew. */
async function takeAll(cleanup: AsyncDisposableStack): Promise<void> {
	const api = await emulatedApi();
	cleanup.defer(api.close);
	const { n8n, credential } = await openN8n(api, cleanup, { WEBHOOK_URL: PUBLIC_URL });
	const credentials = [credential, ...(await otherCredentials(n8n))];
	const browser = await startBrowser();
	cleanup.defer(async () => await browser.close());
	const editor = await Editor.open(browser, n8n.server.url, WINDOW);

	await takeSearch(await Editor.open(browser, n8n.server.url, SMALL_WINDOW));
	await takeCredential(editor);
	for (const name of exampleNames()) {
		await editor.openWorkflow(
			await n8n.createWorkflow(withCredentials(example(name), credentials)),
		);
		await takeCanvas(name, editor);
	}
	await takeNode(editor, n8n, api, credentials);
	await takeTrigger(editor, n8n, credentials);
}

/** So that no node of an example is marked as lacking one. */
async function otherCredentials(n8n: N8nClient): Promise<StoredCredential[]> {
	return [
		await n8n.createCredential('sftp', 'SFTP account', {}),
		await n8n.createCredential('openAiApi', 'OpenAI account', { apiKey: 'none' }),
	];
}

async function takeSearch(editor: Editor): Promise<void> {
	await editor.newWorkflow();
	await editor.search('upscale');
	await editor.entry('DeepMode').waitFor();
	await takePicture('node-search', editor.page.locator('body'));
	await editor.close();
}

async function takeCredential(editor: Editor): Promise<void> {
	await editor.newWorkflow();
	await editor.search('upscale');
	await editor.addAction('DeepMode', 'Upscale an image');
	await editor.newCredential();
	await editor.fill('apiKey', 'your secret API key');
	await takePicture('credential', editor.page.locator('.el-dialog', { has: editor.credential }));
}

async function takeNode(
	editor: Editor,
	n8n: N8nClient,
	{ images }: DemoApi,
	credentials: StoredCredential[],
): Promise<void> {
	const workflow = example('upscale-one-image', { 'your image ID': images.one });
	await editor.openWorkflow(await n8n.createWorkflow(withCredentials(workflow, credentials)));
	await editor.openNode('Upscale Image');
	await editor.turnOn('download');
	await editor.execute();
	await editor.viewPicture();
	await takePicture('node-panel', editor.panel);
}

async function takeTrigger(
	editor: Editor,
	n8n: N8nClient,
	credentials: StoredCredential[],
): Promise<void> {
	const workflow = withCredentials(example('async-upscale-with-callback'), credentials);
	await editor.openWorkflow(await n8n.createWorkflow(workflow));
	await editor.openNode('DeepMode Trigger');
	await editor.webhookUrl();
	await editor.panel.getByText('Production URL', { exact: true }).click();
	await editor.panel.getByText('When will this node trigger my flow?').click();
	await takePicture('trigger-panel', editor.panel);
}

async function main(): Promise<void> {
	await using cleanup = new AsyncDisposableStack();
	await takeAll(cleanup);
}

main().then(
	() => process.exit(),
	(error: Error) => {
		announce(`No pictures: ${error.message}`);
		process.exit(1);
	},
);
