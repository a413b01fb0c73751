import type { IExecuteFunctions } from 'n8n-workflow';

import { CREDITS_PER_UPSCALE, creditsInWords as inWords } from '../../shared/api/prices';

/** What a run cost and saved. */
export class Tally {
	/** Images upscaled in this execution. */
	upscaled = 0;
	/** Images that were upscaled before, and cost nothing. */
	existing = 0;
	/** Images that somebody else has in work or had, and that cost nothing here. */
	inWork = 0;
	/** The IDs of images generated in this execution. */
	readonly generated: string[] = [];
	/** Images that were to be generated, and are not in the answer. */
	missing = 0;
	/** What they cost, in credits, if none is missing. */
	generationCredits = 0;
	/** Images handed over, to be upscaled. */
	submitted = 0;
	/** Submissions whose outcome is not known. */
	unknown = 0;
	/** What they may have cost, in credits. */
	unknownCredits = 0;

	/** @param credits what it may have cost */
	addUnknown(credits: number): void {
		this.unknown += 1;
		this.unknownCredits += credits;
	}

	/** @param credits what all that were asked for cost */
	addGenerated(ids: string[], count: number, credits: number): void {
		this.generated.push(...ids);
		this.missing += Math.max(0, count - ids.length);
		this.generationCredits += credits;
	}

	/** Tells the user, in a line above the output. */
	report(context: IExecuteFunctions): void {
		const parts = [
			this.upscaled && `${this.upscaled} upscaled (${credits(this.upscaled)})`,
			this.generated.length > 0 &&
				`${this.generated.length} generated (${upTo(this.missing)}${inWords(this.generationCredits)})`,
			this.missing > 0 && `${this.missing} fewer than asked for`,
			this.submitted && `${this.submitted} submitted (${credits(this.submitted)})`,
			this.existing &&
				`${this.existing} ${were(this.existing)} upscaled already (${credits(this.existing)} saved)`,
			this.inWork &&
				`${this.inWork} ${were(this.inWork)} in work already (${credits(this.inWork)} saved)`,
			this.unknown &&
				`${this.unknown} with unknown outcome (${upTo(this.unknown)}${inWords(this.unknownCredits)})`,
		].filter(Boolean);
		if (parts.length === 0) return;
		// Older n8n versions have no hints.
		context.addExecutionHints?.({ message: parts.join(', '), location: 'outputPane' });
	}
}

function credits(upscales: number): string {
	return inWords(upscales * CREDITS_PER_UPSCALE);
}

function upTo(uncertain: number): string {
	return uncertain > 0 ? 'up to ' : '';
}

function were(count: number): string {
	return count === 1 ? 'was' : 'were';
}
