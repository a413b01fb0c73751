import { delay } from '../../../shared/delay';
import { growingPauses } from '../../../shared/api/imageReader';
import { whenOneEnds } from '../../../shared/inWork';
import { inLanes } from '../../../shared/lanes';
import { imageName } from '../../../shared/text';
import type { EndJob, Ending, Job } from '../../run/batch';
import type { InWork } from '../../run/claims';
import type { Run } from '../../run/run';
import { stillInWork } from './messages';

/** The most of the time that is kept for a last look at each, in milliseconds. */
const LAST_ROUND = 10_000;

interface ImageRequest {
	imageId: string;
}

/**
 * Waits for images that somebody else has in work, when nothing else is left to send: they are
 * looked at in turn, all within one timeout. One that is given up meanwhile is tried as if it were
 * new.
 *
 * @param tryAgain claims, looks and submits, as at first; looks until a time, in milliseconds since 1970
 */
export async function waitForOthers<Input extends ImageRequest>(
	run: Run,
	jobs: Array<Job<Input>>,
	tryAgain: (job: Job<Input>, lookUntil: number) => Promise<Ending>,
	end: EndJob<Input>,
): Promise<void> {
	const { claims, options, stop } = run;
	const deadline = Date.now() + options.timeout;
	const lastRound = deadline - Math.min(options.timeout / 10, LAST_ROUND);
	let waiting = jobs.map((job) => ({ job, inWork: undefined as InWork | undefined }));
	for (const pause of growingPauses()) {
		const left = lastRound - Date.now();
		if (stop?.aborted || left <= 0) break;
		const keys = waiting.map(({ job }) => claims.keyOf(job.input.imageId));
		await pauseOrEnd(Math.min(pause, left), keys, stop);
		const round = waiting;
		waiting = [];
		await inLanes(round, options.maxConcurrency, async ({ job }) => {
			const ending = await tryAgain(job, deadline);
			if ('inWork' in ending) waiting.push({ job, inWork: ending.inWork });
			else end(job, ending);
		});
		if (waiting.length === 0) return;
	}
	for (const { job, inWork } of waiting) {
		const failure = stillInWork(imageName(job.input.imageId), inWork ?? { since: 'for a while' });
		end(job, job.maySend() ? { failure, endsBatch: false } : { left: true });
	}
}

/** This process tells at once when a claim ends. */
async function pauseOrEnd(pause: number, keys: string[], stop?: AbortSignal): Promise<void> {
	const over = new AbortController();
	await Promise.race([delay(pause, stop), whenOneEnds(keys, over.signal)]);
	over.abort();
}
