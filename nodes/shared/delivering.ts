import type { INodeExecutionData } from 'n8n-workflow';

import type { Ending } from './batch';
import { downloadImage } from './download';
import type { DeepModeImage } from './image';
import { isImage } from './image';
import { fileMissing } from './messages';
import { imageName } from './parameters';
import type { Run } from './run';

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
	const items: INodeExecutionData[] = [];
	for (const item of ending.items) {
		if (!isImage(item.json)) {
			items.push(item);
			continue;
		}
		const download = await downloadImage(run, item.json as DeepModeImage, deadline);
		if ('problem' in download) {
			const name = imageName(String(item.json.id));
			return { failure: fileMissing(name, download.problem), endsBatch: false };
		}
		items.push({ json: download.image, binary: { [field]: download.binary } });
	}
	return { items };
}
