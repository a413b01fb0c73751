import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import axios from 'axios';
import sharp from 'sharp';

import { fetchFile } from '../shared/requests';
import type { DemoApi } from './api';

/** A fresh URL of the image's picture as it is now; this costs nothing. */
export async function imageUrl({ baseUrl, apiKey }: DemoApi, imageId: string): Promise<string> {
	const response = await axios.get<{ image_url: string }>(
		`${baseUrl}/api/images/${encodeURIComponent(imageId)}`,
		{ headers: { Authorization: `Bearer ${apiKey}` }, maxRedirects: 0 },
	);
	return response.data.image_url;
}

/**
 * Saves a picture under a name without extension.
 *
 * @returns its path, width and height, for people
 */
export async function savePicture(url: string, folder: string, name: string): Promise<string> {
	const picture = await fetchFile(url);
	const { width, height, format } = await sharp(picture).metadata();
	const file = join(folder, `${name}.${format}`);
	await writeFile(file, picture);
	return `${file} (${width}×${height})`;
}
