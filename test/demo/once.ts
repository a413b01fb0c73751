import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { N8nClient } from '../e2e/harness/client';
import { withCredentials } from '../shared/examples';
import { announce } from '../shared/progress';
import type { StoredCredential } from '../shared/workflows';
import type { DemoApi } from './api';
import { upscaleOneImage } from './offers';
import { imageUrl, savePicture } from './pictures';

const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs the main flow on one image, prints the image that comes out, and saves the picture before
 * and after in a folder that stays.
 *
 * @throws when the workflow does not end well, with the node's words
 */
export async function upscaleOnce(
	n8n: N8nClient,
	credential: StoredCredential,
	api: DemoApi,
): Promise<void> {
	const imageId = api.images.one;
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-pictures-'));
	// First, since the same image has the large picture afterwards.
	const source = await savePicture(await imageUrl(api, imageId), folder, 'source');

	announce(`Upscaling image ${imageId} in n8n`);
	const workflow = withCredentials(upscaleOneImage(imageId).workflow, [credential]);
	const execution = await n8n.runAndWait(workflow, { timeoutMs: TIMEOUT_MS });
	const image = execution.items('Upscale Image')[0]?.json;
	if (execution.status !== 'success' || image === undefined) {
		const { message, description } = execution.error ?? { message: 'No image came out' };
		throw new Error(`The workflow ended as "${execution.status}": ${message} ${description ?? ''}`);
	}
	const result = await savePicture(String(image.image_url), folder, 'upscaled');

	console.log(JSON.stringify(image, null, 2));
	console.log(`Source:   ${source}`);
	console.log(`Upscaled: ${result}`);
}
