import { startEmulator } from '../emulator';
import { announce } from '../shared/progress';

const REAL_BASE_URL = 'https://api.deepmode.ai';

/** So that the waiting can be seen in the editor. */
const EMULATOR_WORK_MS = 1500;

/** The images that the demo has something to do with. */
export type ImageRole = 'one' | 'calledBack' | 'paused' | 'pausedToo' | 'listed' | 'asked';

/** The DeepMode API that the demo uses, with images to upscale. */
export interface DemoApi {
	/** For the user to read: which API it is. */
	name: string;
	baseUrl: string;
	apiKey: string;
	/** By what they are for; the real API has one for all. */
	images: Record<ImageRole, string>;
	/** An image that is upscaled already, where there is one. */
	upscaledImage?: string;
	/** The user's own one; there may be none to be known for the real API. */
	modelId?: string;
	/** Whether the API can call an n8n on this machine. */
	canCallBack: boolean;
	close: () => Promise<void>;
}

/**
 * Opens the real API when the environment has a key and an image for it, else an emulator.
 *
 * @throws when only one of the two variables is set
 */
export async function openApi(): Promise<DemoApi> {
	const {
		DEEPMODE_API_KEY: apiKey,
		DEEPMODE_IMAGE_ID: imageId,
		DEEPMODE_MODEL_ID: modelId,
	} = process.env;
	if (apiKey && imageId) return realApi(apiKey, imageId, modelId);
	if (apiKey || imageId) {
		throw new Error('To use the real API, set both DEEPMODE_API_KEY and DEEPMODE_IMAGE_ID');
	}
	return await emulatedApi();
}

function realApi(apiKey: string, imageId: string, modelId: string | undefined): DemoApi {
	announce(
		`This uses the real DeepMode API: the upscale of image ${imageId} costs 3 credits of your account`,
	);
	return {
		name: 'the real DeepMode API',
		baseUrl: REAL_BASE_URL,
		apiKey,
		images: imagesBy(() => imageId),
		modelId: modelId || undefined,
		canCallBack: false,
		close: async () => {},
	};
}

/** Opens an emulator of the API, with images in it. */
export async function emulatedApi(): Promise<DemoApi> {
	const emulator = await startEmulator({ workMs: EMULATOR_WORK_MS });
	announce(`The DeepMode emulator runs at ${emulator.url}: nothing costs anything`);
	return {
		name: 'an emulator of the DeepMode API on this machine',
		baseUrl: emulator.url,
		apiKey: emulator.apiKey,
		images: imagesBy(() => emulator.addImage().id),
		upscaledImage: emulator.addImage({ upscaled: true }).id,
		modelId: emulator.modelId,
		canCallBack: true,
		close: async () => await emulator.close(),
	};
}

function imagesBy(newImage: () => string): DemoApi['images'] {
	return {
		one: newImage(),
		calledBack: newImage(),
		paused: newImage(),
		pausedToo: newImage(),
		listed: newImage(),
		asked: newImage(),
	};
}
