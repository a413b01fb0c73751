const MONEY = '(?:credits?|balance|funds)';

const NO_CREDITS = [
	new RegExp(`\\b(?:insufficient|no more|out of|too few|zero|0) (?:\\w+ )?${MONEY}\\b`),
	new RegExp(`(?:not|n['’]?t) (?:have )?enough (?:\\w+ )?${MONEY}\\b`),
	new RegExp(`\\bno ${MONEY}\\b(?! (?:were|was|have|has)\\b)`),
	new RegExp(`\\b${MONEY} (?:\\w+ ){0,2}(?:exhausted|insufficient|too low|used up|depleted)\\b`),
];

/**
 * Whether a refusal says that the account has not enough credits, with which every other upscale
 * would be refused too. Which status and words DeepMode uses is not documented.
 */
export function saysNoCredits(status: number, words: string): boolean {
	if (status === 402) return true;
	// These are about the one image.
	if (status === 404 || status === 422) return false;
	const text = words.toLowerCase().replace(/[_-]/g, ' ');
	return NO_CREDITS.some((pattern) => pattern.test(text));
}
