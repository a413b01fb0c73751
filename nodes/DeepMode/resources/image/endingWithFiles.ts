import type { DeepModeImage } from '../../../shared/api/image';
import { withFiles } from '../../../shared/files/withFiles';
import { imageName } from '../../../shared/text';
import type { Ending } from '../../run/batch';
import type { Run } from '../../run/run';
import { fileMissing } from './messages';

/**
 * Puts the files of images beside their items, if the user wants them. Without one of its files the
 * item fails.
 *
 * @param field the binary field; nothing is downloaded without it
 * @param deadline milliseconds since 1970
 */
export async function endingWithFiles(
	{ context, reader }: Run,
	ending: Ending,
	field: string | undefined,
	deadline: number,
): Promise<Ending> {
	if (!field || !('items' in ending)) return ending;
	const images = ending.items.map(({ json }) => json as DeepModeImage);
	const lanes = images.length;
	const items = await withFiles(context, reader, images, { field, lanes, deadline });
	const failed = items.find((item) => 'problem' in item);
	if (!failed) return { ...ending, items };
	const imageIds = images.map(({ id }) => String(id));
	const name = imageName(String(failed.json.id));
	const { credits } = ending.cost ?? {};
	const cost = credits === undefined ? undefined : credits * images.length;
	return { failure: fileMissing(name, failed.problem, imageIds, cost), endsBatch: false };
}
