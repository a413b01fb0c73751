import type { IDataObject } from 'n8n-workflow';

import { isRecord } from '../isRecord';
import { apiMessage } from './apiMessage';
import type { Answer, Reply } from './client';
import { saysNoCredits } from './credits';
import type { DeepModeImage } from './image';
import { findImages, isUpscaled } from './image';

/** What came back for a request, seen for what it means for the image and the user's credits. */
export type Outcome =
	| { is: 'image'; image: DeepModeImage }
	/** Other than exactly one. */
	| { is: 'images'; images: DeepModeImage[] }
	| { is: 'acknowledged'; body: IDataObject }
	/** Surely not accepted, and it would be the same again. */
	| { is: 'refused'; status: number; words: string }
	/** Surely not accepted: DeepMode asks to come again, after `retryAfter` milliseconds. */
	| { is: 'busy'; status: number; words: string; retryAfter?: number }
	/** Surely not accepted: the connection was never made. */
	| { is: 'unreachable'; seen: string }
	/** May have been accepted. `isBrief`: whoever answered so is not working on it for long. */
	| { is: 'unknown'; seen: string; isBrief: boolean };

const NEVER_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** Judges the answer to an upscale in sync mode: only an upscaled image is a result. */
export function judgeUpscale(answer: Reply): Outcome {
	const outcome = judge(answer);
	if (outcome.is === 'image' && !isUpscaled(outcome.image)) {
		return unknown('DeepMode answered that the image is not upscaled');
	}
	return outcome.is === 'images'
		? unknown('DeepMode answered with several images')
		: withoutAcknowledgement(outcome);
}

/** Judges the answer to a generation in sync mode. */
export function judgeGeneration(answer: Reply): Outcome {
	return withoutAcknowledgement(judge(answer));
}

/** Judges the answer to the check of the balance. */
export function judgeBalance(answer: Reply): Outcome {
	const outcome = judge(answer);
	const isBalance = outcome.is === 'acknowledged' && (outcome.body.remaining_balance ?? '') !== '';
	return isBalance ? outcome : withoutAcknowledgement(outcome);
}

/** Judges the answer to a submission with a callback: any JSON object acknowledges it. */
export function judgeSubmission(answer: Reply): Outcome {
	const outcome = judge(answer);
	if (outcome.is === 'image') return { is: 'acknowledged', body: outcome.image };
	if (outcome.is === 'images') return { is: 'acknowledged', body: { images: outcome.images } };
	if (outcome.is === 'acknowledged' && outcome.body.error) {
		return unknown(withWords('the answer speaks of an error', apiMessage(outcome.body)));
	}
	return outcome;
}

/** Judges the answer to the retrieval of an image. */
export function judgeLook(answer: Reply): Outcome {
	const outcome = judge(answer);
	return outcome.is === 'images'
		? unknown('DeepMode answered with several images')
		: withoutAcknowledgement(outcome);
}

function withoutAcknowledgement(outcome: Outcome): Outcome {
	return outcome.is === 'acknowledged'
		? unknown(withWords('the answer is not what was asked for', apiMessage(outcome.body)))
		: outcome;
}

function judge(answer: Reply): Outcome {
	if (!('status' in answer)) {
		return NEVER_CONNECTED.includes(answer.code ?? '')
			? { is: 'unreachable', seen: answer.reason }
			: unknown(`there was no complete answer (${answer.reason})`);
	}
	const { status, body } = answer;
	const [image, ...others] = findImages(body);
	if (image && isSuccess(status)) {
		return others.length === 0
			? { is: 'image', image }
			: { is: 'images', images: [image, ...others] };
	}
	if (isRecord(body) && isSuccess(status)) return { is: 'acknowledged', body };
	const words = apiMessage(body);
	if (isSuccess(status)) {
		return unknown(
			withWords('the answer is a page or text, and not what was asked for', words),
			isPage(answer),
		);
	}
	const retryAfter = retryAfterOf(answer);
	const isBusy = status === 429 || (status === 503 && retryAfter !== undefined);
	if (isBusy && !saysNoCredits(status, words)) {
		return { is: 'busy', status, words, retryAfter };
	}
	if (isRefusal(status)) return { is: 'refused', status, words };
	return unknown(withWords(`DeepMode answered with status ${status}`, words), status >= 500);
}

function isSuccess(status: number): boolean {
	return status >= 200 && status < 300;
}

/** A proxy's 408 and 499 say that it stopped waiting, not that DeepMode did not start. */
function isRefusal(status: number): boolean {
	return status >= 300 && status < 500 && status !== 408 && status !== 499;
}

/** An answer of somebody else's, where a cut one of DeepMode's would be empty or half JSON. */
function isPage({ body }: Answer): boolean {
	return typeof body === 'string' && /^\s*[^\s{["]/.test(body);
}

/** @returns milliseconds from now; the header holds seconds or a date */
function retryAfterOf({ headers }: Answer): number | undefined {
	const value = headers['retry-after']?.trim();
	if (!value) return undefined;
	const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

function unknown(seen: string, isBrief = false): Outcome {
	return { is: 'unknown', seen, isBrief };
}

function withWords(seen: string, words: string): string {
	return words ? `${seen}: ${words}` : seen;
}
