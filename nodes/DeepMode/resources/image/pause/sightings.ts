import type { DeepModeImage } from '../../../../shared/api/image';
import { isUpscaled } from '../../../../shared/api/image';
import type { Outcome } from '../../../../shared/api/outcome';

/** How long an image must be gone to be believed so, in milliseconds. */
export const GONE_FOR = 10_000;
/** What DeepMode answers for an image that it does not have, or does not show any more. */
const GONE = [403, 404, 410, 422];

/** What a look says about an image. */
export type Sight =
	/** Upscaled, or failed: nothing more comes. */
	| 'ended'
	| 'unfinished'
	/** Gone, and it is too early to believe it. */
	| 'doubtful'
	/** The API did not say. */
	| 'unanswered';

/** What this process knows of the images of a round: what has ended is not looked at again. */
export class Sightings {
	private readonly upscaled = new Map<string, { image: DeepModeImage; at: number }>();
	private readonly failures = new Map<string, string>();
	private readonly goneSince = new Map<string, number>();
	private readonly told = new Map<string, string>();

	/** Takes in what a look came back with. */
	note(imageId: string, outcome: Outcome | undefined): Sight {
		if (outcome?.is === 'image') return this.noteImage(imageId, outcome.image);
		if (outcome?.is !== 'refused' || !GONE.includes(outcome.status)) return 'unanswered';
		const now = Date.now();
		const since = this.goneSince.get(imageId) ?? now;
		this.goneSince.set(imageId, since);
		if (now - since < GONE_FOR) return 'doubtful';
		const { status, words } = outcome;
		const gone = `DeepMode does not show it any more (status ${status})${words && `: ${words}`}`;
		this.failures.set(imageId, this.told.get(imageId) ?? gone);
		return 'ended';
	}

	private noteImage(imageId: string, image: DeepModeImage): Sight {
		this.goneSince.delete(imageId);
		const words = this.told.get(imageId);
		if (isUpscaled(image)) this.upscaled.set(imageId, { image, at: Date.now() });
		else if (words !== undefined) this.failures.set(imageId, words);
		return this.hasEnded(imageId) ? 'ended' : 'unfinished';
	}

	/** DeepMode says that it gave an image up: so it has, unless a look shows it upscaled. */
	tellFailure(imageId: string, words: string): void {
		this.told.set(imageId, words);
	}

	hasEnded(imageId: string): boolean {
		return this.upscaled.has(imageId) || this.failures.has(imageId);
	}

	isDoubtful(imageId: string): boolean {
		return this.goneSince.has(imageId) && !this.hasEnded(imageId);
	}

	image(imageId: string): DeepModeImage | undefined {
		return this.upscaled.get(imageId)?.image;
	}

	/** Why an image failed, in words for the user. */
	failure(imageId: string): string | undefined {
		return this.failures.get(imageId);
	}

	/** @param moment milliseconds since 1970 */
	wasSeenSince(imageId: string, moment: number): boolean {
		return (this.upscaled.get(imageId)?.at ?? 0) >= moment;
	}
}
