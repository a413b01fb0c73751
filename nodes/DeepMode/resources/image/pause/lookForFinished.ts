import type { DeepModeImage } from '../../../../shared/api/image';
import { isUpscaled } from '../../../../shared/api/image';
import type { ImageReader } from '../../../../shared/api/imageReader';
import { inLanes } from '../../../../shared/lanes';

/** What is known after a look at images; "unanswered" if the API did not show one. */
export type Seen = 'finished' | 'unfinished' | 'unanswered';

/**
 * Looks at images until one is seen that is not finished.
 *
 * @param imageIds looked at in random order, since whoever is asked first is asked most often
 * @param finished gets the images that are finished; those in it already are not looked at
 * @param lanes looks at once
 * @param deadline milliseconds since 1970
 */
export async function lookForFinished(
	reader: ImageReader,
	imageIds: string[],
	finished: Map<string, DeepModeImage>,
	lanes: number,
	deadline: number,
): Promise<Seen> {
	let seen: Seen = 'finished';
	const isOver = () => seen !== 'finished' || reader.stop?.aborted === true;
	const look = async (imageId: string) => {
		if (isOver()) return;
		const outcome = await reader.lookUntilAnswered(imageId, deadline, () => !isOver());
		if (outcome?.is !== 'image') seen = 'unanswered';
		else if (isUpscaled(outcome.image)) finished.set(imageId, outcome.image);
		else seen = 'unfinished';
	};
	const left = imageIds.filter((imageId) => !finished.has(imageId));
	const [first, ...others] = left
		.map((imageId) => ({ imageId, rank: Math.random() }))
		.sort((a, b) => a.rank - b.rank)
		.map(({ imageId }) => imageId);
	// Alone: while most images are unfinished, it is the only look.
	if (first !== undefined) await look(first);
	await inLanes(others, lanes, look);
	return seen;
}
