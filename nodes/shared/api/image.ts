import type { IDataObject } from 'n8n-workflow';

import { isRecord } from '../isRecord';

/**
 * The image object, the same in every answer and callback. Fields that are not listed pass through.
 * Source: DeepMode docs, "Retrieve Image Information".
 */
export interface DeepModeImage extends IDataObject {
	/** Opaque; the docs show a string. */
	id: string | number;
	/** Name of the file behind `image_url`, with its extension. */
	file_name?: string;
	model_id?: string;
	/** Where the file can be fetched for one hour, without the API key. */
	image_url: string;
	prompt?: string;
	negative_prompt?: string;
	upscaled?: boolean;
	ratio?: string;
}

/** How deep an image may be wrapped. */
const DEEPEST = 3;

/** The most images that are read: the API makes no more at once, and a body may hold any number. */
const MOST = 8;
/** How many entries of a list are looked at for them. */
const LONGEST_LIST = 100;

/** Whether a body is an image object: without an ID and an address of the file it is of no use. */
export function isImage(body: unknown): body is DeepModeImage {
	if (!isRecord(body)) return false;
	const { id, image_url: url } = body;
	return (typeof id === 'number' || (typeof id === 'string' && id !== '')) && isText(url);
}

/**
 * Whether an image is upscaled, as far as it says so: APIs write true and false as texts and digits,
 * too.
 *
 * @returns nothing if it does not say
 */
export function saysUpscaled({ upscaled }: { upscaled?: unknown }): boolean | undefined {
	if (typeof upscaled === 'object') return undefined;
	const word = String(upscaled).trim().toLowerCase();
	if (['true', '1', 'yes'].includes(word)) return true;
	return ['false', '0', 'no'].includes(word) ? false : undefined;
}

/** Whether an image is known to be upscaled. */
export function isUpscaled(image: { upscaled?: unknown }): boolean {
	return saysUpscaled(image) === true;
}

/**
 * Finds the image objects in a body. The docs do not show what Generate Image answers, so one
 * image, a list of them, and an object that holds either will do.
 */
export function findImages(body: unknown, depth = 0): DeepModeImage[] {
	if (isImage(body)) return [body];
	if (Array.isArray(body)) return body.slice(0, LONGEST_LIST).filter(isImage).slice(0, MOST);
	if (!isRecord(body) || depth > DEEPEST) return [];
	for (const value of [body.images, body.data, body.image]) {
		const images = findImages(value, depth + 1);
		if (images.length > 0) return images;
	}
	return [];
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}
