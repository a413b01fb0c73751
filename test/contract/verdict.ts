import type { Outcome } from './package';

/** What a question found. */
export interface Finding {
	/** What the API did, in words. */
	seen: string;
	verdict: string;
}

/** How verdicts begin that say that the package has to change. */
export const WRONGLY = 'TAKEN WRONGLY';

/** The API does what the package assumes. */
export const asAssumed = (seen: string): Finding => ({ seen, verdict: 'as assumed' });

/** It does something else, and the package does the right thing all the same. */
export const differs = (seen: string, how: string): Finding => ({
	seen,
	verdict: `differs, and is taken rightly: ${how}`,
});

/** It does something else, and the package does something wrong. */
export const wrongly = (seen: string, how: string): Finding => ({
	seen,
	verdict: `${WRONGLY}: ${how}`,
});

/** What came tells nothing about the contract. */
export const undecided = (seen: string, why: string): Finding => ({
	seen,
	verdict: `no verdict: ${why}`,
});

export const notAsked = (why: string): Finding => ({
	seen: 'nothing',
	verdict: `not asked: ${why}`,
});

const TAKEN: Record<Outcome['is'], string> = {
	image: 'an image',
	images: 'several images',
	acknowledged: 'an acceptance',
	refused: 'a refusal',
	busy: 'a request to come again',
	unreachable: 'a connection that was never made',
	unknown: 'an answer that leaves it open whether the request was accepted',
};

/** What the package takes an answer for, in words. */
export const takenFor = (outcome: Outcome): string => TAKEN[outcome.is];
