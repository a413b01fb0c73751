import { CREDITS_PER_UPSCALE, creditsInWords } from '../../../shared/api/prices';
import { saysNoCredits } from '../../../shared/api/saysNoCredits';
import type { Outcome } from '../../../shared/api/outcome';
import type { Budget } from '../../run/budget';
import type { InWork } from '../../run/claims';
import type { Failure } from '../../run/failure';

/** What users read when an image has no result: on which image, what is known, what to do. */

/** What a request was about. */
export interface Subject {
	/** e.g. `image "c6b8a9"` */
	name: string;
	/** What DeepMode was asked to do with it, e.g. "upscale". */
	action: string;
	/** What the user can check. */
	advice: string;
}

export const BALANCE: Subject = {
	name: 'the balance',
	action: 'show',
	advice: 'Check the DeepMode credential.',
};

/** DeepMode said no. */
export function refused(
	subject: Subject,
	{ status, words }: Extract<Outcome, { is: 'refused' }>,
): Failure {
	const [message, advice] = refusalText(subject, status, words);
	return {
		from: 'api',
		message,
		description: `${advice} Nothing was charged for this item.${words && ` DeepMode says: ${words}`}`,
		httpCode: String(status),
	};
}

/** Whether what one item met, every other would. */
export function endsBatch(outcome: Outcome | undefined): boolean {
	switch (outcome?.is) {
		case 'refused':
			return outcome.status === 401 || saysNoCredits(outcome.status, outcome.words);
		case 'unreachable':
			return outcome.isFinal;
		default:
			return false;
	}
}

function refusalText(
	{ name, action, advice }: Subject,
	status: number,
	words: string,
): [message: string, advice: string] {
	if (status === 401) {
		return [
			'DeepMode does not accept the API key',
			'Check the API key in the DeepMode credential, then run again.',
		];
	}
	if (saysNoCredits(status, words)) {
		return [
			'The DeepMode account has not enough credits',
			'Add credits to your DeepMode account, then run again.',
		];
	}
	if (status >= 300 && status < 400) {
		return [
			`DeepMode refused to ${action} ${name}: it redirected the request to another address`,
			'Redirects are not followed, to keep the API key safe. Check the Base URL in the DeepMode credential.',
		];
	}
	if (status === 404) {
		return [
			`DeepMode does not know ${name}`,
			'Check the ID, and that it belongs to the account of the API key.',
		];
	}
	return [`DeepMode refused to ${action} ${name} (status ${status})`, advice];
}

/** DeepMode took an item, or may have, and spoke of missing credits: for all that come after it. */
export function creditsMissing(seen: string): Failure {
	return {
		from: 'api',
		message: 'The DeepMode account has not enough credits',
		description: `Add credits to your DeepMode account, then run again. Nothing was sent for this item. For another one ${seen}`,
	};
}

/** The user's own limit forbids it. @param credits what it would cost */
export function overLimit(
	name: string,
	credits: number,
	{ limit, submitted }: Pick<Budget, 'limit' | 'submitted'>,
): Failure {
	// A smaller one that comes after what was too much.
	const reason =
		submitted + credits > limit
			? `its ${creditsInWords(credits)} would exceed Max Credits (${limit}), since ${submitted} are submitted in this execution already`
			: `what came before it would have exceeded Max Credits (${limit})`;
	return {
		from: 'settings',
		message: `${capitalized(name)} was not submitted: ${reason}`,
		description:
			'Nothing was sent for this item, nor for what comes after it and costs credits. Raise Max Credits in the options of the node, or run again: each execution counts anew, and what is upscaled already costs nothing.',
	};
}

/** The account cannot pay for a run. @param credits what the run would cost */
export function tooFewCredits(credits: number, balance: number): Failure {
	return {
		from: 'settings',
		message: `This run would cost ${creditsInWords(credits)}, and the DeepMode account has ${balance}`,
		description:
			'Nothing was sent, since If Too Few Credits is set to Stop. Add credits to your DeepMode account, or set it to Tell, then run again: what is upscaled already costs nothing.',
	};
}

/** Nothing that costs anything left n8n for this item, or DeepMode surely did not take it. */
export function notSent(name: string, outcome: Outcome | undefined): Failure {
	return {
		from: 'api',
		message: `Nothing was sent${endsBatch(outcome) ? '' : ` for ${name}`}: ${reasonNotToSend(outcome)}`,
		description: `${cureOf(outcome)} Then run again. Nothing was charged for this item.`,
	};
}

function reasonNotToSend(outcome: Outcome | undefined): string {
	switch (outcome?.is) {
		case 'busy':
			return `DeepMode asks for a pause that is longer than the timeout${outcome.words && ` (${outcome.words})`}`;
		case 'unreachable':
			return `DeepMode cannot be reached (${outcome.seen})`;
		case 'unknown':
			return outcome.seen;
		default:
			return 'the timeout was over before its turn came';
	}
}

function cureOf(outcome: Outcome | undefined): string {
	return outcome?.is === 'unreachable'
		? outcome.cure
		: 'Check that n8n can reach the DeepMode API.';
}

/** DeepMode may have accepted the upscale, and looking at the image did not show it. */
export function outcomeUnknown(name: string, seen: string): Failure {
	return {
		from: 'api',
		message: `It is not known whether ${name} was upscaled: ${seen}`,
		description: `DeepMode may have accepted the upscale, and up to ${creditsInWords(CREDITS_PER_UPSCALE)} may have been spent. Wait a few minutes, then look at the image (Get Image), or run again with If Already Upscaled set to Return Existing Image: an image that is upscaled by then costs nothing.`,
	};
}

/** Somebody else has the image in work, and it did not get done. */
export function stillInWork(name: string, { since }: InWork): Failure {
	return {
		from: 'api',
		message: `${capitalized(name)} has been in work ${since} by an earlier run, and is not done`,
		description: `${STILL_IN_WORK} Nothing was charged for this item.`,
	};
}

/** What to do about an image that somebody else has in work. */
export const STILL_IN_WORK =
	'It was not submitted again, since that would be paid again. Run again later: an image that is done by then costs nothing, and what DeepMode lost is submitted again after two hours at most. To submit it now, set If Still in Work to Submit Again.';

/** DeepMode accepted the upscale, and it came to nothing. */
export function gaveUp(name: string, reason: string): Failure {
	return {
		from: 'api',
		message: `DeepMode did not upscale ${name}: ${reason}`,
		description: `DeepMode had accepted the upscale, and up to ${creditsInWords(CREDITS_PER_UPSCALE)} may have been spent: Get Balance tells. Check the image in your DeepMode account before you run again.`,
	};
}

/**
 * The image is there, and its file is not.
 *
 * @param imageIds all of the item
 * @param credits what they cost, if that is known
 */
export function fileMissing(
	name: string,
	problem: string,
	imageIds: string[],
	credits?: number,
): Failure {
	const cost =
		credits === undefined
			? 'paid if it was to be paid'
			: `it cost ${credits === 0 ? 'nothing' : creditsInWords(credits)}`;
	return {
		from: 'api',
		message: `The file of ${name} could not be downloaded: ${problem}`,
		description: `The image itself is done, and ${cost}. Get Image, with Download Image on, downloads it again for free.${imageIds.length > 1 ? ` The images of this item are ${imageIds.join(', ')}.` : ''}`,
	};
}

/** Reading, which costs nothing, did not work. */
export function notRead(name: string, outcome: Outcome | undefined): Failure {
	return {
		from: 'api',
		message: `Could not read ${endsBatch(outcome) ? 'anything' : name}: ${reasonNotToSend(outcome)}`,
		description: `${cureOf(outcome)} Then run again. Reading costs nothing.`,
	};
}

/**
 * DeepMode may have accepted a generation, and there is no ID to look at.
 *
 * @param credits what it costs if it was accepted
 */
export function generationUnknown(name: string, seen: string, credits: number): Failure {
	return {
		from: 'api',
		message: `It is not known whether ${name} was generated: ${seen}`,
		description: `DeepMode may have accepted it, and up to ${creditsInWords(credits)} may have been spent. Look at the images in your DeepMode account, and at its balance (Get Balance), before you generate again: that would be paid again.`,
	};
}

function capitalized(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
