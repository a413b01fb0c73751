import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { startBrowser } from '../editor/browser';
import { Editor } from '../editor/editor';
import { waitFor } from '../shared/waitFor';
import { copyClone, type Clone } from './clone';

const TIMEOUT_MS = 300_000;

/** A field of the node that the example upscale-one-image has open. */
const LABEL = 'Image ID';
const NEW_LABEL = 'Image ID, as changed';

let clone: Clone;
let dev: ChildProcess;
let browser: Browser;
let printed = '';

beforeAll(async () => {
	clone = await copyClone();
	browser = await startBrowser();
	dev = spawn('npm', ['run', 'dev'], {
		cwd: clone.folder,
		detached: true,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	dev.stdout?.on('data', (text) => (printed += String(text)));
	await waitFor('npm run dev to be ready', () => printed.includes('Ctrl+C ends everything'), {
		timeoutMs: 200_000,
	});
}, TIMEOUT_MS);

afterAll(async () => {
	await browser?.close();
	if (dev?.pid !== undefined) {
		// npm, the shell and what they run: the whole group.
		process.kill(-dev.pid, 'SIGTERM');
		await once(dev, 'exit');
	}
	await clone?.remove();
}, TIMEOUT_MS);

/** Saves the source with another label for the field. */
async function changeLabel(): Promise<void> {
	for (const file of globSync(join(clone.folder, 'nodes/DeepMode/**/*.ts'))) {
		const source = await readFile(file, 'utf8');
		const changed = source.replaceAll(`displayName: '${LABEL}'`, `displayName: '${NEW_LABEL}'`);
		if (changed !== source) await writeFile(file, changed);
	}
}

it(
	'npm run dev shows a field’s new text in the open editor once the source is saved',
	async () => {
		const [, url = '', id = ''] = /(http:\S+)\/workflow\/(\w+)/.exec(printed) ?? [];
		const editor = await Editor.open(browser, url);
		await editor.openWorkflow(id);
		await editor.openNode('Upscale Image');
		await editor.panel.getByText(LABEL, { exact: true }).waitFor();

		await changeLabel();

		await editor.panel.getByText(NEW_LABEL, { exact: true }).waitFor();
		await editor.close();
	},
	TIMEOUT_MS,
);
