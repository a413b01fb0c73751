import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import type { DeepModeImage } from '../../../../shared/api/image';
import { isImage } from '../../../../shared/api/image';
import type { ImageReader } from '../../../../shared/api/imageReader';
import type { FileContext } from '../../../../shared/files/download';
import type { ImageWithFile } from '../../../../shared/files/withFiles';
import { withFiles } from '../../../../shared/files/withFiles';
import { imageName } from '../../../../shared/text';
import { errorJson } from '../../../run/results';
import { fileMissing } from '../messages';
import { lookForFinished } from './lookForFinished';
import { isPending } from './pending';

/** How long to look for fresh URLs, in milliseconds: the old ones may do, too. */
const REFRESH_TIMEOUT = 20_000;

interface CompleteOptions {
	/** The binary field for files; nothing is downloaded without it. */
	field?: string;
	/** Images to look at, and files to download, at once. */
	lanes: number;
	/** Milliseconds since 1970. */
	deadline: number;
}

/**
 * Puts the finished images in the place of the pending items. A file that cannot be had is an error
 * item where the node goes on with errors; elsewhere the image comes without, since a parked
 * execution cannot be ended with an error.
 *
 * @param finished every image that an item waits for
 */
export async function complete(
	context: FileContext,
	reader: ImageReader,
	items: INodeExecutionData[],
	finished: Map<string, DeepModeImage>,
	{ field, lanes, deadline }: CompleteOptions,
): Promise<INodeExecutionData[]> {
	const imageIds = [...finished.keys()];
	const files = new Map<string, ImageWithFile>();
	if (field) {
		const images = [...finished.values()];
		const results = await withFiles(context, reader, images, { field, lanes, deadline });
		results.forEach((result, index) => files.set(imageIds[index] ?? '', result));
	}
	await refresh(reader, items, finished, lanes, deadline);
	return items.map((item) => {
		const imageId = String(item.json.id);
		const image = finished.get(imageId);
		if (!image) return item;
		const { pairedItem } = item;
		if (!isPending(item)) return { ...item, json: { ...image } };
		const file = files.get(imageId);
		if (file && 'binary' in file) return { ...file, json: { ...file.json }, pairedItem };
		const json = file ? withoutFile(context.getNode(), imageId, file) : { ...image };
		return { json, pairedItem };
	});
}

/** Those that were upscaled before the execution was parked get a fresh URL: theirs may be old. */
async function refresh(
	reader: ImageReader,
	items: INodeExecutionData[],
	finished: Map<string, DeepModeImage>,
	lanes: number,
	deadline: number,
): Promise<void> {
	const others = items.filter(({ json }) => isImage(json)).map(({ json }) => String(json.id));
	const until = Math.min(deadline, Date.now() + REFRESH_TIMEOUT);
	await lookForFinished(reader, [...new Set(others)], finished, lanes, until);
}

function withoutFile(
	{ onError = 'stopWorkflow', continueOnFail }: INode,
	imageId: string,
	{ json, problem }: Extract<ImageWithFile, { problem: string }>,
): IDataObject {
	if (onError === 'stopWorkflow' && !continueOnFail) return { ...json, download_problem: problem };
	const { message, description } = fileMissing(imageName(imageId), problem, [imageId]);
	return errorJson(message, description);
}
