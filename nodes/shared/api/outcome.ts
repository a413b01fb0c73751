import type { IDataObject } from 'n8n-workflow';

import { isRecord } from '../isRecord';
import { apiMessage } from './apiMessage';
import type { Answer, Reply } from './client';
import { saysNoCredits } from './saysNoCredits';
import type { DeepModeImage } from './image';
import { findImages, isUpscaled } from './image';
import type { Unconnected } from './noAnswer';
import { PROXY_LOGIN } from './noAnswer';
import { retryAfterOf } from './retryAfter';
import { saysNo } from './saysNo';

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
	/** Surely not accepted: nobody was there. `isFinal`: nor will be for any other request. */
	| ({ is: 'unreachable'; seen: string } & Unconnected)
	/** May have been accepted. */
	| Unknown;

type Unknown = {
	is: 'unknown';
	seen: string;
	/** Whoever answered so is not working on it for long. */
	isBrief: boolean;
	/** The answer speaks of missing credits. */
	isBroke?: boolean;
};

/** A gateway's or the server's own "it took too long": not that nobody has started. */
const GAVE_UP_WAITING = [408, 499, 504, 522, 524];

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
	return isBalance ? outcome : judgedRead(outcome);
}

/**
 * Judges the answer to a submission with a callback: any JSON object acknowledges it that does not
 * speak of missing credits.
 */
export function judgeSubmission(answer: Reply): Outcome {
	const outcome = judge(answer);
	if (outcome.is === 'image') return { is: 'acknowledged', body: outcome.image };
	if (outcome.is === 'images') return { is: 'acknowledged', body: { images: outcome.images } };
	const isBroke = outcome.is === 'acknowledged' && saysNoCredits(200, apiMessage(outcome.body));
	return isBroke ? withoutAcknowledgement(outcome) : outcome;
}

/** Judges the answer to the retrieval of an image. */
export function judgeLook(answer: Reply): Outcome {
	const outcome = judge(answer);
	return outcome.is === 'images'
		? judgedRead(unknown('DeepMode answered with several images'))
		: judgedRead(outcome);
}

/** Nobody works on a read: whoever answered something else to it was not there. */
function judgedRead(outcome: Outcome): Outcome {
	const judged = withoutAcknowledgement(outcome);
	return judged.is === 'unknown' ? { ...judged, isBrief: true } : judged;
}

/** Whether what was submitted surely costs nothing; `undefined` if it was never sent. */
export function isFree(outcome: Outcome | undefined): boolean {
	return outcome === undefined || ['refused', 'busy', 'unreachable'].includes(outcome.is);
}

function withoutAcknowledgement(outcome: Outcome): Outcome {
	if (outcome.is !== 'acknowledged') return outcome;
	const words = apiMessage(outcome.body);
	return {
		...unknown(withWords('the answer is not what was asked for', words)),
		isBroke: saysNoCredits(200, words),
	};
}

function judge(answer: Reply): Outcome {
	if (!('status' in answer)) {
		const { reason, unconnected } = answer;
		return unconnected
			? { is: 'unreachable', seen: reason, ...unconnected }
			: unknown(`there was no complete answer (${reason})`);
	}
	return isSuccess(answer.status) ? judgeSuccess(answer) : judgeFailure(answer);
}

function judgeSuccess(answer: Answer): Outcome {
	const { status, body } = answer;
	const [image, ...others] = findImages(body);
	if (image) {
		return others.length === 0
			? { is: 'image', image }
			: { is: 'images', images: [image, ...others] };
	}
	const words = apiMessage(body);
	if (isRecord(body)) {
		const no = saysNo(body);
		return no
			? { is: 'refused', status: no.status ?? status, words }
			: { is: 'acknowledged', body };
	}
	return unknown(
		withWords('the answer is a page or text, and not what was asked for', words),
		isPage(answer),
	);
}

function judgeFailure({ status, headers, body }: Answer): Outcome {
	const words = apiMessage(body);
	if (status === 407) {
		return {
			is: 'unreachable',
			seen: withWords('the proxy answered with status 407', words),
			...PROXY_LOGIN,
		};
	}
	const retryAfter = retryAfterOf(headers);
	const isBusy = status === 429 || (status === 503 && retryAfter !== undefined);
	if (isBusy && !saysNoCredits(status, words)) {
		return { is: 'busy', status, words, retryAfter };
	}
	const hasGivenUp = GAVE_UP_WAITING.includes(status);
	if (status < 500 && !hasGivenUp) return { is: 'refused', status, words };
	return unknown(withWords(`DeepMode answered with status ${status}`, words), !hasGivenUp);
}

function isSuccess(status: number): boolean {
	return status >= 200 && status < 300;
}

/** An answer of somebody else's, where a cut one of DeepMode's would be empty or half JSON. */
function isPage({ body }: Answer): boolean {
	return typeof body === 'string' && /^\s*[^\s{["]/.test(body);
}

function unknown(seen: string, isBrief = false): Unknown {
	return { is: 'unknown', seen, isBrief };
}

function withWords(seen: string, words: string): string {
	return words ? `${seen}: ${words}` : seen;
}
