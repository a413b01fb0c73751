import type { IDataObject } from 'n8n-workflow';

import { signCallbackUrl } from '../../nodes/shared/callback/signature';

/** What a test wants to be told by a callback. */
export interface CallbackOf {
	imageId?: string;
	context?: IDataObject;
	event?: 'image.upscaled' | 'image.generated';
}

/**
 * The URL that DeepMode is given to call: of image "a", unless told otherwise.
 *
 * @param url of the trigger
 */
export function signedUrl(
	url: string,
	apiKey: string,
	{ imageId = 'a', context = {}, event = 'image.upscaled' }: CallbackOf = {},
): string {
	return signCallbackUrl(url, { event, imageId, context }, apiKey);
}

/** The query of such a URL, which is what the trigger looks at. */
export function signedQuery(apiKey: string, callback?: CallbackOf): string {
	return new URL(signedUrl('https://n8n.example.com/', apiKey, callback)).search.slice(1);
}

/** What DeepMode calls back with. */
export function finishedImage(id: string, fields: IDataObject = {}): IDataObject {
	return { id, image_url: `https://images.example.com/${id}.jpeg`, upscaled: true, ...fields };
}
