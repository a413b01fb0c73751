import { startEmulator } from '../emulator';
import { announce } from '../shared/progress';

const REAL_BASE_URL = 'https://api.deepmode.ai';

/** So that the waiting can be seen in the editor. */
const EMULATOR_WORK_MS = 1500;

/** The DeepMode API that the demo uses, with an image to upscale. */
export interface DemoApi {
	/** For the user to read: which API it is. */
	name: string;
	baseUrl: string;
	apiKey: string;
	imageId: string;
	/** The user's own one; there is none to be known for the real API. */
	modelId?: string;
	close: () => Promise<void>;
}

/**
 * Opens the real API when the environment has a key and an image for it, else an emulator.
 *
 * @throws when only one of the two variables is set
 */
export async function openApi(): Promise<DemoApi> {
	const { DEEPMODE_API_KEY: apiKey, DEEPMODE_IMAGE_ID: imageId } = process.env;
	if (apiKey && imageId) return realApi(apiKey, imageId);
	if (apiKey || imageId) {
		throw new Error('To use the real API, set both DEEPMODE_API_KEY and DEEPMODE_IMAGE_ID');
	}
	return await emulatedApi();
}

function realApi(apiKey: string, imageId: string): DemoApi {
	announce(
		`This uses the real DeepMode API: each upscale of image ${imageId} costs 3 credits of your account`,
	);
	return {
		name: 'the real DeepMode API',
		baseUrl: REAL_BASE_URL,
		apiKey,
		imageId,
		close: async () => {},
	};
}

/** Opens an emulator of the API, with an image in it. */
export async function emulatedApi(): Promise<DemoApi> {
	const emulator = await startEmulator({ workMs: EMULATOR_WORK_MS });
	announce(`The DeepMode emulator runs at ${emulator.url}: nothing costs anything`);
	return {
		name: 'an emulator of the DeepMode API on this machine',
		baseUrl: emulator.url,
		apiKey: emulator.apiKey,
		imageId: emulator.addImage().id,
		modelId: emulator.modelId,
		close: async () => await emulator.close(),
	};
}
