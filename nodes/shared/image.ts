import type { IDataObject } from 'n8n-workflow';

/**
 * The image object, the same in every answer and callback. Fields that are not listed pass through.
 * Source: DeepMode docs, "Retrieve Image Information".
 */
export interface DeepModeImage extends IDataObject {
	id: string;
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

/** Whether a body is an image object: without an ID and an address of the file it is of no use. */
export function isImage(body: unknown): body is DeepModeImage {
	return isRecord(body) && isText(body.id) && isText(body.image_url);
}

/**
 * Finds the image objects in the body of an answer or a callback. The docs do not show what
 * Generate Image answers, so one image, a list of them, and an object that holds either will do.
 *
 * @returns the images, or what stands in the place of one; `undefined` for what is no object and no
 * list of objects
 */
export function findImages(body: unknown): IDataObject[] | undefined {
	if (Array.isArray(body)) return body.every(isRecord) ? body : undefined;
	if (!isRecord(body) || isImage(body)) return isRecord(body) ? [body] : undefined;
	const held = [body.images, body.data, body.image].find(
		(value) => isImage(value) || (Array.isArray(value) && value.some(isImage)),
	);
	return held === undefined ? [body] : findImages(held);
}

export function isRecord(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}
