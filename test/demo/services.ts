/// <reference lib="esnext.disposable" />
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { N8nClient } from '../e2e/harness/client';
import { wantLarge } from '../shared/examples';
import { startModel } from '../shared/openAiStub';
import type { StoredCredential } from '../shared/workflows';
import type { DemoApi } from './api';
import { startSftp } from './sftp';

const STAND_IN =
	'I am no model: I stand in for one in this demo. I call the tool with the image ID that I find in a message, or have a picture made of what you ask for and upscaled, and repeat what the tool says.';

/** What the examples need beside DeepMode. */
export interface Services {
	/** What is on the SFTP server; it stays when the demo ends. */
	files: string;
	credentials: StoredCredential[];
}

/**
 * Starts an SFTP server with a list of images on it, and a stand-in for a language model; and makes
 * credentials for them.
 *
 * @param cleanup gets what ends them
 */
export async function openServices(
	n8n: N8nClient,
	api: DemoApi,
	cleanup: AsyncDisposableStack,
): Promise<Services> {
	const files = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-files-'));
	const list = ['image_id', api.images.listed, ...(api.upscaledImage ? [api.upscaledImage] : [])];
	await writeFile(join(files, 'images.csv'), `${list.join('\n')}\n`);
	const sftp = await startSftp(files);
	cleanup.defer(sftp.close);

	const images = new Set(Object.values(api.images));
	const model = await startModel({
		toolArguments: (question) => {
			const imageId = [...images].find((id) => question.includes(id));
			if (imageId !== undefined) return [{ Image_ID: imageId }];
			const wish = /picture of (.+)/.exec(question)?.[1];
			return wish === undefined ? [] : [{ Prompt: wish }];
		},
		next: wantLarge,
		answer: (result = `Write: Please upscale the image ${api.images.asked}`) =>
			`${STAND_IN}\n\n${result}`,
	});
	cleanup.defer(model.stop);

	return {
		files,
		credentials: [
			await n8n.createCredential('sftp', 'Demo: files on this machine', { ...sftp.access }),
			await n8n.createCredential('openAiApi', 'Demo: a stand-in, no model', {
				apiKey: 'none',
				url: model.url,
			}),
		],
	};
}
