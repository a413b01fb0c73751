import { growingPauses } from '../../../shared/growingPauses';
import { ClaimEnds } from '../../../shared/inWork';
import { inLanes } from '../../../shared/lanes';
import { imageName } from '../../../shared/text';
import { Turns } from '../../../shared/turns';
import type { EndJob, Ending, Job } from '../../run/batch';
import { endingOf, failedOrLeft } from '../../run/batch';
import type { InWork } from '../../run/claims';
import type { Run } from '../../run/run';
import type { Waiting } from './imageUpscaling';
import { stillInWork } from './messages';

/** The first pause between two rounds of looks, in milliseconds. */
const FIRST_PAUSE = 500;
/** The most of the time that is kept for a last look at each, in milliseconds. */
const LAST_ROUND = 10_000;

interface ImageRequest {
	imageId: string;
}

/**
 * Waits for images that somebody else has in work, when nothing else is left to send: they are
 * looked at in turn, all within one timeout; one whose claim ends in this process, at once. One that
 * is given up meanwhile is tried as if it were new.
 *
 * @param tryAgain claims, looks and submits, as at first
 */
export async function waitForOthers<Input extends ImageRequest>(
	{ claims, options, stop }: Run,
	jobs: Array<Job<Input>>,
	tryAgain: (job: Job<Input>, waiting: Waiting) => Promise<Ending>,
	end: EndJob<Input>,
): Promise<void> {
	const deadline = Date.now() + options.timeout;
	const lastLook = Math.min(options.timeout / 10, LAST_ROUND);
	const lastRound = deadline - lastLook;
	const waiting = new Map(jobs.map((job) => [claims.keyOf(job.input.imageId), job]));
	const reasons = new Map<string, InWork>();
	// Once nothing may be sent, the run only ends.
	const goesOn = () => waiting.size > 0 && jobs.some(({ maySend }) => maySend());
	const lookAt = async (keys: string[], isLast = false) => {
		// One that was given up and tried anew may have taken all the time there was.
		const lookUntil = Math.max(deadline, Date.now() + lastLook);
		await inLanes(keys, options.maxConcurrency, async (key) => {
			const job = waiting.get(key);
			if (!job) return;
			const ending = await endingOf(async () => await tryAgain(job, { lookUntil, isLast }));
			if ('inWork' in ending) {
				reasons.set(key, ending.inWork);
				return;
			}
			waiting.delete(key);
			end(job, ending);
		});
	};

	const ends = new ClaimEnds([...waiting.keys()]);
	for (const pause of growingPauses(FIRST_PAUSE)) {
		const round = Math.min(Date.now() + pause, lastRound);
		while (goesOn() && Date.now() < round) {
			await lookAt(await ends.next(round - Date.now(), stop));
		}
		if (!goesOn()) break;
		const isLast = Date.now() >= lastRound;
		await lookAt([...waiting.keys()], isLast);
		if (isLast) break;
	}
	ends.close();
	const turns = new Turns();
	for (const [key, job] of waiting) {
		await turns.next();
		const inWork = reasons.get(key) ?? { since: 'for a while' };
		const failure = stillInWork(imageName(job.input.imageId), inWork);
		end(job, failedOrLeft(job, failure));
	}
}
