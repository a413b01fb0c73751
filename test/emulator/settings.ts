/** The shape of generate's answer and callback, which DeepMode's docs do not show. */
export type GenerateShape = 'object' | 'array' | 'images';

/** What a test may change while the emulator runs. */
export interface Settings {
	/** The only key that is let in. Default: a random one. */
	apiKey: string;
	/**
	 * How long an upscale or a generate takes, in milliseconds; a function is given the image's ID,
	 * for generate the model's. Default 0.
	 */
	workMs: number | ((id: string) => number);
	/**
	 * How long an `image_url` works, in milliseconds; 0 makes URLs that have expired already.
	 * Default one hour (DeepMode docs: Retrieve Image Information).
	 */
	urlLifetimeMs: number;
	/** How long after it is made an `image_url` begins to work, in milliseconds. Default 0. */
	urlDelayMs: number;
	/** `object` is one image object if one image was asked for, else an array. Default `array`. */
	generateShape: GenerateShape;
	/**
	 * Until when everything is answered 429 with the `Retry-After` that is left, in milliseconds since
	 * the epoch. Default 0.
	 */
	busyUntil: number;
	/**
	 * How many requests are taken in any second; more are answered 429, and not when to come again.
	 * Default: any number.
	 */
	mostASecond: number;
	/** How often each callback is delivered. Default 1. */
	callbackRepeats: number;
}
