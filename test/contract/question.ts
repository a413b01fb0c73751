import type { Api } from './api';
import type { CallbackListener } from './callbacks';
import type { DeepModeImage } from './package';
import type { Finding } from './verdict';

/** What the user can lend for the questions. */
export type Need = 'image' | 'model' | 'callback';

/** What questions are asked with, and what one leaves for the next. */
export interface Session {
	api: Api;
	apiKey: string;
	/** The image for sync mode, and the one for a callback: the same, if the user has named one. */
	imageId: string;
	callbackImageId: string;
	modelId: string;
	callbacks?: CallbackListener;
	/** How long a result is waited for, in milliseconds. */
	patienceMs: number;
	/** The balance that was read last, when it could be. */
	balance?: number;
	/** The image, as it was before the first upscale. */
	image?: DeepModeImage;
	/** Whether the image was submitted in sync mode. */
	isSubmitted?: boolean;
	/** When something was submitted with a callback, in milliseconds since the epoch. */
	submittedAt?: number;
}

/** One thing that the documentation leaves open. */
export interface Question {
	asks: string;
	/** What this package assumes. */
	assumes: string;
	/** The most credits that asking can cost. */
	credits: number;
	needs: Need[];
	ask: (session: Session) => Promise<Finding>;
}
