import type { IDataObject } from 'n8n-workflow';

/** What an upscale costs. Source: DeepMode docs, "Upscale Image". */
export const CREDITS_PER_UPSCALE = 3;
/** What an image costs that is generated. Source: DeepMode docs, "Generate Image". */
const CREDITS_PER_IMAGE = 1;

/**
 * What each image of a generation costs: DeepMode charges for enlarging it, too.
 *
 * @param parameters in the API's own names
 */
export function creditsPerImage({ upscale }: IDataObject): number {
	return CREDITS_PER_IMAGE + (upscale === true ? CREDITS_PER_UPSCALE : 0);
}

/** How many images a generation is to make. @param parameters in the API's own names */
export function imageCount({ num_images: count = 1 }: IDataObject): number {
	return Number(count);
}

/** e.g. "3 credits" */
export function creditsInWords(credits: number): string {
	return credits === 1 ? '1 credit' : `${credits} credits`;
}
