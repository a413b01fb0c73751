import type { Answer, NoAnswer } from './client';
import type { Failure } from './failure';
import { apiMessage } from './failure';
import type { DeepModeImage } from './image';
import { isImage, isRecord } from './image';

/** What an answer to an upscale means for the image, and for the user's credits. */
export type UpscaleOutcome =
	| { is: 'done'; image: DeepModeImage }
	/** Surely not accepted: nothing was paid. */
	| { is: 'refused'; failure: Failure; endsBatch: boolean }
	/** May have been accepted: sending it again could pay twice. */
	| { is: 'unknown'; failure: Failure; endsBatch: false };

/**
 * Judges the answer to an upscale in sync mode.
 *
 * @param answer what came back, if anything
 * @param name how the image is called in messages, e.g. `image "c6b8a9"`
 */
export function judgeUpscale(answer: Answer | NoAnswer, name: string): UpscaleOutcome {
	if ('reason' in answer) {
		return unknown(name, `there was no complete answer (${answer.reason})`);
	}
	if (isSuccess(answer.status)) return judgeSuccess(answer, name);
	if (isSurelyRefused(answer)) return refused(answer, name);
	return unknown(name, withWords(`DeepMode answered with status ${answer.status}`, answer));
}

function judgeSuccess(answer: Answer, name: string): UpscaleOutcome {
	const { body } = answer;
	if (isImage(body) && body.upscaled === true) return { is: 'done', image: body };
	if (isImage(body)) return unknown(name, 'DeepMode answered that the image is not upscaled');
	if (isRecord(body)) {
		return unknown(name, withWords('the answer holds no image ID and image URL', answer));
	}
	return unknown(name, withWords('the answer is no image but a page or text', answer));
}

/** A proxy's 408 and 499 say that it stopped waiting, not that DeepMode did not start. */
function isSurelyRefused({ status }: Answer): boolean {
	return status >= 300 && status < 500 && status !== 408 && status !== 499;
}

function isSuccess(status: number): boolean {
	return status >= 200 && status < 300;
}

function refused(answer: Answer, name: string): UpscaleOutcome {
	const { status } = answer;
	const words = apiMessage(answer.body);
	const failure = (message: string, advice: string): Failure => ({
		from: 'api',
		message,
		description: words ? `${advice} DeepMode says: ${words}` : advice,
		httpCode: String(status),
	});
	const item = (message: string, advice: string): UpscaleOutcome => ({
		is: 'refused',
		failure: failure(message, advice),
		endsBatch: false,
	});

	if (status === 401) {
		return {
			is: 'refused',
			endsBatch: true,
			failure: failure(
				'DeepMode does not accept the API key',
				'Check the API key in the DeepMode credential, then run again. Nothing was charged for this item.',
			),
		};
	}
	if (status === 402 || saysNoCredits(words)) {
		return {
			is: 'refused',
			endsBatch: true,
			failure: failure(
				'The DeepMode account has not enough credits',
				'An upscale costs 3 credits. Add credits to your DeepMode account, then run again. Nothing was charged for this item.',
			),
		};
	}
	if (status < 400) {
		return item(
			`DeepMode redirected the upscale of ${name} to another address`,
			'Redirects are not followed, to keep the API key safe. Check the Base URL in the DeepMode credential. Nothing was charged.',
		);
	}
	if (status === 404) {
		return item(
			`DeepMode does not know ${name}`,
			'Check the image ID, and that the image belongs to the account of the API key. Nothing was charged.',
		);
	}
	if (status === 429) {
		return item(
			`DeepMode receives too many requests to upscale ${name} now`,
			'Wait a little and run again, or lower Max Concurrency in the options. Nothing was charged for this item.',
		);
	}
	return item(
		`DeepMode refused to upscale ${name} (status ${status})`,
		'Check the image and its ID. Nothing was charged.',
	);
}

function saysNoCredits(words: string): boolean {
	return /\b(credits?|balance)\b/i.test(words) && /\b(no|not|insufficient|low)\b/i.test(words);
}

function unknown(name: string, observation: string): UpscaleOutcome {
	return {
		is: 'unknown',
		endsBatch: false,
		failure: {
			from: 'api',
			message: `It is not known whether ${name} was upscaled: ${observation}`,
			description:
				'DeepMode may have accepted the upscale, and credits may have been spent. Look at the image in a few minutes, before running again.',
		},
	};
}

function withWords(observation: string, answer: Answer): string {
	const words = apiMessage(answer.body);
	return words ? `${observation}: ${words}` : observation;
}
