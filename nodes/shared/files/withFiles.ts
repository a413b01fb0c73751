import type { INodeExecutionData } from 'n8n-workflow';

import type { Ending } from '../../DeepMode/run/batch';
import { downloadImage } from './download';
import type { DeepModeImage } from '../api/image';
import { fileMissing } from '../../DeepMode/resources/image/messages';
import { imageName } from '../../DeepMode/resources/image/parameters';
import type { Run } from '../../DeepMode/run/run';

/**
 * Puts the files of images beside their items, if the user wants them.
 *
 * @param field the binary field; nothing is downloaded without it
 * @param deadline milliseconds since 1970
 */
export async function withFiles(
	run: Run,
	ending: Ending,
	field: string | undefined,
	deadline: number,
): Promise<Ending> {
	if (!field || !('items' in ending)) return ending;
	const imageIds = ending.items.map(({ json }) => String(json.id));
	const downloads = await Promise.all(
		ending.items.map(async ({ json }) => await downloadImage(run, json as DeepModeImage, deadline)),
	);
	const items: INodeExecutionData[] = [];
	for (const [index, download] of downloads.entries()) {
		if ('problem' in download) {
			const name = imageName(imageIds[index] ?? '');
			return { failure: fileMissing(name, download.problem, imageIds), endsBatch: false };
		}
		items.push({ json: download.image, binary: { [field]: download.binary } });
	}
	return { items };
}
