import { isUpscaled } from '../../../shared/api/image';
import { CREDITS_PER_UPSCALE } from '../../../shared/api/prices';
import { inLanes } from '../../../shared/lanes';
import { Turns } from '../../../shared/turns';
import type { Job } from '../../run/batch';
import type { Run } from '../../run/run';
import { compareWithBalance } from './enoughCredits';

type ImageJob = Job<{ imageId: string }>;

/** What every run of upscales does before its first job, and after its last. */
export function aroundUpscales(run: Run) {
	const { context, claims, memory, foreseen, tally } = run;
	const isFinished = ({ input: { imageId }, itemIndexes: [itemIndex = 0] }: ImageJob) =>
		memory.finished(itemIndex, imageId) !== undefined;
	const upcoming = ({ input: { imageId }, itemIndexes: [itemIndex = 0] }: ImageJob) => ({
		imageId,
		owner: memory.owner(itemIndex, imageId),
	});
	const isToSubmit = (job: ImageJob) =>
		!isFinished(job) &&
		!memory.open(job.itemIndexes[0] ?? 0, job.input.imageId) &&
		!claims.isElsewhere(upcoming(job));
	return {
		prepareFirst: async (jobs: ImageJob[]) =>
			await claims.claimFirst(jobs.filter(isToSubmit).map(upcoming)),
		start: async (jobs: ImageJob[]) => {
			const turns = new Turns();
			const toSubmit: ImageJob[] = [];
			for (const job of jobs) {
				await turns.next();
				if (isToSubmit(job)) toSubmit.push(job);
			}
			await compareWithBalance(
				run,
				jobs,
				toSubmit.length * CREDITS_PER_UPSCALE,
				async () => (await lookAhead(run, toSubmit)) * CREDITS_PER_UPSCALE,
			);
			for (const job of jobs) {
				await turns.next();
				if (!isFinished(job) && !foreseen.has(job.input.imageId)) claims.expect(upcoming(job));
			}
		},
		done: async () => {
			await claims.finish();
			tally.report(context);
		},
	};
}

/**
 * Looks at all images before any is claimed, since a claim must not be held for long before it is
 * used. What is upscaled needs no other look.
 *
 * @returns how many are to be submitted
 */
async function lookAhead(run: Run, jobs: ImageJob[]): Promise<number> {
	const { reader, memory, options, foreseen } = run;
	// As when its turn comes: what was paid in the execution that the user retries is not paid again.
	const toLookAt = jobs.filter(
		({ input: { imageId }, itemIndexes: [itemIndex = 0] }) =>
			options.returnsExisting || memory.finishedEarlier(itemIndex, imageId) !== undefined,
	);
	let count = jobs.length - toLookAt.length;
	await inLanes(toLookAt, options.maxConcurrency, async ({ input: { imageId }, maySend }) => {
		const deadline = Date.now() + options.timeout;
		const outcome = await reader.lookUntilAnswered(imageId, deadline, maySend);
		if (outcome?.is === 'image' && isUpscaled(outcome.image)) foreseen.set(imageId, outcome.image);
		// What cannot be seen now may be submitted when its turn comes.
		else if (outcome?.is !== 'refused') count += 1;
	});
	return count;
}
