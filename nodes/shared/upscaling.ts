import type { IDataObject } from 'n8n-workflow';

import type { Ending } from './batch';
import type { DeepModeClient } from './client';
import type { Failure } from './failure';
import type { DeepModeImage } from './image';
import type { Memory } from './memory';
import { endsBatch, notSent, outcomeUnknown, refused } from './messages';
import type { Outcome } from './outcome';
import { judgeLook, judgeSubmission, judgeUpscale } from './outcome';
import { imageName } from './parameters';
import { pause } from './pause';
import type { Sender } from './sender';
import type { Tally } from './tally';

/** The longest that one look may take, in milliseconds. */
const LOOK_TIMEOUT = 30_000;
/** Pauses between looks double from the first to the longest, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
/** How long to look after an answer of somebody who was not working on the image for long. */
const BRIEF_SETTLING = 60_000;

/** What all images of a run share. */
export interface Upscaling {
	client: DeepModeClient;
	sender: Sender;
	memory: Memory;
	tally: Tally;
	stop: AbortSignal | undefined;
	/** Whether an image that is upscaled already is taken as it is: `ifUpscaled`. */
	returnsExisting: boolean;
	/** How long an image may take in all, in milliseconds. */
	timeout: number;
}

/** One image of a run. */
export interface ImageJob {
	imageId: string;
	/** The first item that wants it. */
	itemIndex: number;
	/** Whether the run still sends what costs credits. */
	maySend: () => boolean;
}

/**
 * One image on its way to being upscaled, paid at most once:
 *
 *     look ──upscaled──▶ done, free
 *      │ not upscaled
 *     submit ──image──▶ done, 3 credits
 *      │    └─refused──▶ failed, free
 *      │ not known whether accepted
 *     settle (look again and again) ──upscaled──▶ done, 3 credits
 *      └──time over──▶ failed: not known
 *
 * `look` is left out where an upscaled image is to be upscaled again, and then `settle` could prove
 * nothing. Nothing leads back to `submit`.
 */
export class ImageUpscaling {
	private readonly name: string;
	private readonly deadline: number;
	/** Leaves time for a last look. */
	private readonly lastLook: number;

	constructor(
		private readonly run: Upscaling,
		private readonly job: ImageJob,
	) {
		this.name = imageName(job.imageId);
		this.deadline = Date.now() + run.timeout;
		this.lastLook = this.deadline - Math.min(run.timeout / 4, LOOK_TIMEOUT / 3);
	}

	/** Sync mode: ends with the upscaled image. */
	async wait(): Promise<Ending> {
		const earlier = this.run.memory.recall(this.job.itemIndex, this.job.imageId);
		if (earlier?.json) return this.upscaled(earlier.json);
		if (earlier) return await this.settle('an earlier try got no answer', false);
		if (!this.job.maySend()) return { left: true };
		return (await this.look((image) => image)) ?? (await this.submit());
	}

	/**
	 * Async mode: ends with DeepMode's acknowledgement.
	 *
	 * @param callback where DeepMode sends the result
	 */
	async handOver(callback: string): Promise<Ending> {
		const earlier = this.run.memory.recall(this.job.itemIndex, this.job.imageId);
		if (earlier?.json) return this.handedOver(earlier.json);
		if (!this.job.maySend()) return { left: true };
		return (
			(await this.look((image) => ({ ...image, callback: false }))) ??
			(await this.submitWith(callback))
		);
	}

	/** @returns how the item ends, or nothing if the image is to be submitted */
	private async look(toItem: (image: DeepModeImage) => IDataObject): Promise<Ending | undefined> {
		if (!this.run.returnsExisting) return undefined;
		const outcome = await this.lookUntilAnswered();
		if (outcome?.is === 'image') {
			if (outcome.image.upscaled !== true) return undefined;
			this.run.tally.existing += 1;
			return { items: [{ json: toItem(outcome.image) }] };
		}
		if (outcome?.is === 'refused') {
			// The upscale gets the same answer, and says it in its own words.
			return outcome.status === 404 ? undefined : this.refusal('look at', outcome);
		}
		return this.unsent(outcome);
	}

	private async submit(): Promise<Ending> {
		const { client, sender } = this.run;
		const { imageId, maySend } = this.job;
		const outcome = await sender.send(
			{
				send: async (timeout) => await client.upscale(imageId, timeout),
				judge: judgeUpscale,
				maySend,
			},
			this.lastLook,
		);
		if (outcome?.is === 'image') return this.upscaled(outcome.image);
		if (outcome?.is === 'refused') return this.refusal('upscale', outcome);
		if (outcome?.is !== 'unknown') return this.unsent(outcome);
		this.remember();
		return await this.settle(outcome.seen, outcome.isBrief);
	}

	private async settle(seen: string, isBrief: boolean): Promise<Ending> {
		if (!this.run.returnsExisting) return this.unsettled(seen);
		const until = isBrief ? Math.min(this.lastLook, Date.now() + BRIEF_SETTLING) : this.lastLook;
		for (const wait of growingPauses()) {
			await pause(Math.max(0, Math.min(wait, until - Date.now())), this.run.stop);
			const outcome = await this.lookOnce();
			if (outcome?.is === 'image' && outcome.image.upscaled === true) {
				return this.upscaled(outcome.image);
			}
			if (outcome?.is === 'refused') {
				return this.unsettled(
					`${seen}, and DeepMode refused to show it (status ${outcome.status})`,
				);
			}
			if (this.run.stop?.aborted || Date.now() >= until) break;
		}
		return this.unsettled(seen);
	}

	private async submitWith(callback: string): Promise<Ending> {
		const { client, sender } = this.run;
		const { imageId, maySend } = this.job;
		const outcome = await sender.send(
			{
				send: async (timeout) => await client.upscale(imageId, timeout, callback),
				judge: judgeSubmission,
				maySend,
			},
			this.deadline,
		);
		if (outcome?.is === 'refused') return this.refusal('upscale', outcome);
		const identity = { image_id: imageId, mode: 'async' };
		if (outcome?.is === 'acknowledged') return this.handedOver({ ...outcome.body, ...identity });
		if (outcome?.is === 'unknown') {
			return this.handedOver({ ...identity, accepted: 'unknown', message: outcome.seen });
		}
		return this.unsent(outcome);
	}

	private async lookUntilAnswered(): Promise<Outcome | undefined> {
		for (const wait of growingPauses()) {
			const outcome = await this.lookOnce();
			const isPassing = outcome?.is === 'unknown' || outcome?.is === 'unreachable';
			const isLast = !this.job.maySend() || Date.now() + wait >= this.deadline;
			if (!isPassing || isLast) return outcome;
			await pause(wait, this.run.stop);
		}
		return undefined;
	}

	private async lookOnce(): Promise<Outcome | undefined> {
		const { client, sender } = this.run;
		return await sender.send(
			{
				send: async (timeout) =>
					await client.retrieve(this.job.imageId, Math.min(timeout, LOOK_TIMEOUT)),
				judge: judgeLook,
			},
			this.deadline,
		);
	}

	private upscaled(json: IDataObject): Ending {
		this.run.tally.upscaled += 1;
		this.remember(json);
		return { items: [{ json }] };
	}

	private handedOver(json: IDataObject): Ending {
		if (json.accepted === 'unknown') this.run.tally.unknown += 1;
		else this.run.tally.submitted += 1;
		this.remember(json);
		return { items: [{ json }] };
	}

	private refusal(action: string, outcome: Extract<Outcome, { is: 'refused' }>): Ending {
		return {
			failure: refused(this.name, action, outcome),
			endsBatch: endsBatch(outcome),
		};
	}

	/** Nothing that costs anything was accepted, and nothing more is tried. */
	private unsent(outcome: Outcome | undefined): Ending {
		if (!this.job.maySend()) return { left: true };
		return this.failed(notSent(this.name, outcome));
	}

	private unsettled(seen: string): Ending {
		this.run.tally.unknown += 1;
		return this.failed(outcomeUnknown(this.name, seen));
	}

	private failed(failure: Failure): Ending {
		return { failure, endsBatch: false };
	}

	private remember(json?: IDataObject): void {
		const { imageId, itemIndex } = this.job;
		this.run.memory.remember(itemIndex, { imageId, ...(json && { json }) });
	}
}

function* growingPauses(): Generator<number> {
	for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) yield wait;
}
