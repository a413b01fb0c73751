import type { ImageReader } from '../../../../shared/api/imageReader';
import { delay } from '../../../../shared/delay';
import { freeClaim } from '../../../../shared/inWork';
import { inLanes } from '../../../../shared/lanes';
import type { Sight, Sightings } from './sightings';
import { GONE_FOR } from './sightings';

/** How long to wait before whoever is gone is looked at again, in milliseconds: timers can be early. */
const SECOND_LOOK = GONE_FOR + 100;
/** How long one image may take to be looked at, in milliseconds: DeepMode may ask for pauses. */
const PATIENCE = 120_000;

interface LookOptions {
	/** Looks at once. */
	lanes: number;
	/** Whether to look at every image, and not to stop at the first that is unfinished. */
	all?: boolean;
	/** What was submitted again later is not what has failed, in milliseconds since 1970. */
	submittedBefore?: number;
	/** Milliseconds since 1970. */
	deadline: number;
}

/**
 * Looks at the images of a round that have not ended, in random order, as long as it gets on: it
 * stops at the first that is unfinished, or that the API does not show. Who is gone is looked at
 * twice.
 *
 * @param imageIds each once
 * @returns what it stopped at
 */
export async function look(
	reader: ImageReader,
	sightings: Sightings,
	imageIds: string[],
	{ lanes, all = false, submittedBefore, deadline }: LookOptions,
): Promise<Sight> {
	let seen: Sight = 'ended';
	const stopped = () =>
		seen === 'unanswered' || (seen === 'unfinished' && !all) || reader.stop?.aborted === true;
	const lookAt = async (imageId: string) => {
		if (stopped()) return;
		const until = Math.min(deadline, Date.now() + PATIENCE);
		const outcome = await reader.lookUntilAnswered(imageId, until, () => !stopped());
		const sight = sightings.note(imageId, outcome);
		if (sightings.failure(imageId) !== undefined) {
			freeClaim(reader.account, imageId, submittedBefore);
		}
		// The API not answering is what counts: all other looks would wait for it, too.
		if (seen !== 'unanswered' && sight !== 'ended' && sight !== 'doubtful') seen = sight;
	};
	const [first, ...others] = shuffled(imageIds.filter((id) => !sightings.hasEnded(id)));
	// Alone: while most images are unfinished, it is the only look.
	if (first !== undefined) await lookAt(first);
	await inLanes(others, lanes, lookAt);

	const doubtful = imageIds.filter((id) => sightings.isDoubtful(id));
	if (doubtful.length === 0 || stopped() || Date.now() + SECOND_LOOK >= deadline) return seen;
	await delay(SECOND_LOOK, reader.stop);
	await inLanes(doubtful, lanes, lookAt);
	return seen;
}

/** Whoever is asked first is asked most often. */
function shuffled(imageIds: string[]): string[] {
	return imageIds
		.map((imageId) => ({ imageId, rank: Math.random() }))
		.sort((a, b) => a.rank - b.rank)
		.map(({ imageId }) => imageId);
}
