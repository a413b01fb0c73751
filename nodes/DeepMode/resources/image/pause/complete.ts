import type { INodeExecutionData } from 'n8n-workflow';

import { inLanes } from '../../../run/batch';
import type { Download } from '../../../../shared/files/download';
import { downloadImage } from '../../../../shared/files/download';
import type { DeepModeImage } from '../../../../shared/api/image';
import { isImage } from '../../../../shared/api/image';
import { fileMissing } from '../messages';
import { imageName } from '../parameters';
import { isPending, lookForFinished } from './pending';
import type { Connection } from '../../../run/run';

/** How long to look for fresh URLs, in milliseconds: the old ones may do, too. */
const REFRESH_TIMEOUT = 20_000;

interface FillOptions {
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
export async function fillIn(
	connection: Connection,
	items: INodeExecutionData[],
	finished: Map<string, DeepModeImage>,
	{ field, lanes, deadline }: FillOptions,
): Promise<INodeExecutionData[]> {
	const downloads = new Map<string, Download>();
	if (field) {
		await inLanes([...finished], lanes, async ([imageId, image]) => {
			downloads.set(imageId, await downloadImage(connection, image, deadline));
		});
	}
	await refresh(connection, items, finished, lanes, deadline);
	return items.map((item) => {
		const imageId = String(item.json.id);
		const image = finished.get(imageId);
		if (!image) return item;
		const { pairedItem } = item;
		if (!isPending(item)) return { ...item, json: { ...image } };
		const download = downloads.get(imageId);
		if (!download || !field) return { json: { ...image }, pairedItem };
		return 'binary' in download
			? { json: { ...download.image }, binary: { [field]: download.binary }, pairedItem }
			: { json: withoutFile(connection, imageId, image, download.problem), pairedItem };
	});
}

/** Those that were upscaled before the execution was parked get a fresh URL: theirs may be old. */
async function refresh(
	connection: Connection,
	items: INodeExecutionData[],
	finished: Map<string, DeepModeImage>,
	lanes: number,
	deadline: number,
): Promise<void> {
	const others = items.filter(({ json }) => isImage(json)).map(({ json }) => String(json.id));
	const until = Math.min(deadline, Date.now() + REFRESH_TIMEOUT);
	await lookForFinished(connection, [...new Set(others)], finished, lanes, until);
}

function withoutFile(
	{ context }: Connection,
	imageId: string,
	image: DeepModeImage,
	problem: string,
): INodeExecutionData['json'] {
	const { onError = 'stopWorkflow', continueOnFail } = context.getNode();
	if (onError === 'stopWorkflow' && !continueOnFail) return { ...image, download_problem: problem };
	const { message, description } = fileMissing(imageName(imageId), problem, [imageId]);
	return { error: message, message: description };
}
