import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import { isImage } from '../../../../shared/api/image';
import { CREDITS_PER_UPSCALE } from '../../../../shared/api/prices';
import type { ImageReader } from '../../../../shared/api/imageReader';
import type { FileContext } from '../../../../shared/files/download';
import type { ImageWithFile } from '../../../../shared/files/withFiles';
import { withFiles } from '../../../../shared/files/withFiles';
import { inLanes } from '../../../../shared/lanes';
import { imageName } from '../../../../shared/text';
import { costFields } from '../../../run/cost';
import { errorJson } from '../../../run/results';
import { fileMissing, gaveUp } from '../messages';
import { isPending } from './pending';
import type { Sightings } from './sightings';

/** How long ago an image may have been seen, in milliseconds: its URL lives for an hour. */
const FRESH = 5 * 60_000;
/** How long to look for a fresh URL, in milliseconds: the old one may do, too. */
const REFRESH_TIMEOUT = 20_000;

interface CompleteOptions {
	/** The binary field for files; nothing is downloaded without it. */
	field?: string;
	/** Images to look at, and files to download, at once. */
	lanes: number;
	/** How long one file may take, in milliseconds. */
	timeout: number;
	/** Milliseconds since 1970. */
	deadline: number;
}

/**
 * Puts the images that have ended in the place of the pending items; those that have not are left.
 * A failed image, and a file that cannot be had, is an error item where the node goes on with
 * errors; elsewhere the item says so, since a parked execution cannot be ended with an error.
 */
export async function complete(
	context: FileContext,
	reader: ImageReader,
	items: INodeExecutionData[],
	sightings: Sightings,
	options: CompleteOptions,
): Promise<INodeExecutionData[]> {
	await refresh(reader, items, sightings, options);
	const images = new Set(items.filter(isPending).map(({ json }) => String(json.id)));
	const files = await filesOf(context, reader, [...images], sightings, options);
	const node = context.getNode();
	return items.map((item) => {
		const imageId = String(item.json.id);
		const image = sightings.image(imageId);
		if (!isPending(item)) {
			return image ? { ...item, json: { ...image, ...costFields(item.json) } } : item;
		}
		const { pairedItem } = item;
		const reason = sightings.failure(imageId);
		if (reason !== undefined) return { json: failedJson(node, imageId, reason), pairedItem };
		if (!image) return item;
		const file = files.get(imageId);
		// It was submitted, so now it is known to be paid.
		const cost = costFields(item.json, CREDITS_PER_UPSCALE);
		if (file && 'problem' in file) {
			return { json: withoutFile(node, imageId, file, cost), pairedItem };
		}
		return { ...file, json: { ...(file?.json ?? image), ...cost }, pairedItem };
	});
}

/** Those that were upscaled before the execution was parked are looked at, too. */
async function refresh(
	reader: ImageReader,
	items: INodeExecutionData[],
	sightings: Sightings,
	{ lanes, deadline }: CompleteOptions,
): Promise<void> {
	const since = Date.now() - FRESH;
	const isOld = ({ json }: INodeExecutionData) =>
		(isImage(json) || sightings.image(String(json.id))) &&
		!sightings.wasSeenSince(String(json.id), since);
	const old = new Set(items.filter(isOld).map(({ json }) => String(json.id)));
	let isAnswered = true;
	await inLanes([...old], lanes, async (imageId) => {
		if (!isAnswered) return;
		const until = Math.min(deadline, Date.now() + REFRESH_TIMEOUT);
		const outcome = await reader.lookUntilAnswered(imageId, until);
		if (outcome?.is === 'image') sightings.note(imageId, outcome);
		else isAnswered = outcome?.is === 'refused';
	});
}

/** The files of the images that were seen upscaled. */
async function filesOf(
	context: FileContext,
	reader: ImageReader,
	imageIds: string[],
	sightings: Sightings,
	{ field, ...options }: CompleteOptions,
): Promise<Map<string, ImageWithFile>> {
	if (!field) return new Map();
	const upscaled = imageIds.flatMap((imageId) => {
		const image = sightings.image(imageId);
		return image ? [{ imageId, image }] : [];
	});
	const images = upscaled.map(({ image }) => image);
	const files = await withFiles(context, reader, images, { field, ...options });
	return new Map(upscaled.map(({ imageId }, index) => [imageId, files[index] as ImageWithFile]));
}

function goesOnWithErrors({ onError = 'stopWorkflow', continueOnFail }: INode): boolean {
	return onError !== 'stopWorkflow' || continueOnFail === true;
}

function failedJson(node: INode, imageId: string, reason: string): IDataObject {
	const { message, description } = gaveUp(imageName(imageId), reason);
	return goesOnWithErrors(node)
		? errorJson(message, description)
		: { id: imageId, upscaled: false, failed: true, message: reason };
}

function withoutFile(
	node: INode,
	imageId: string,
	{ json, problem }: Extract<ImageWithFile, { problem: string }>,
	cost?: IDataObject,
): IDataObject {
	const { message, description } = fileMissing(imageName(imageId), problem, [imageId]);
	return goesOnWithErrors(node)
		? errorJson(message, description)
		: { ...json, ...cost, download_problem: problem };
}
