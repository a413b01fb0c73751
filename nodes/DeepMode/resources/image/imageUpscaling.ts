import type { IDataObject } from 'n8n-workflow';

import type { DeepModeImage } from '../../../shared/api/image';
import { isUpscaled } from '../../../shared/api/image';
import type { Outcome } from '../../../shared/api/outcome';
import { isFree, judgeSubmission, judgeUpscale } from '../../../shared/api/outcome';
import { CREDITS_PER_UPSCALE } from '../../../shared/api/prices';
import { imageName } from '../../../shared/text';
import type { Ending, Job } from '../../run/batch';
import { failedOrLeft } from '../../run/batch';
import type { InWork } from '../../run/claims';
import type { Cost } from '../../run/cost';
import type { OpenSubmission } from '../../run/memory';
import { leastTime } from '../../run/options';
import type { Run } from '../../run/run';
import { creditsMissing, endsBatch, notSent, outcomeUnknown, overLimit, refused } from './messages';

/** The most of an image's time that is kept for a last look, in milliseconds. */
const LAST_LOOK = 10_000;
/** How long to look after an answer of somebody who was not working on the image for long. */
const BRIEF_SETTLING = 60_000;

const PAID: Cost = { credits: CREDITS_PER_UPSCALE, wasUpscaled: false };
const FREE: Cost = { credits: 0, wasUpscaled: false };
/** Paid, if it was accepted. */
const NOT_KNOWN: Cost = { wasUpscaled: false };
/** The other call is waited for. */
const ASKED_TWICE: Ending = { inWork: { since: 'for less than a minute' } };

/** One image of a run. */
interface ImageJob extends Pick<Job<unknown>, 'maySend' | 'endSending'> {
	imageId: string;
	/** The first item that wants it. */
	itemIndex: number;
}

/** How an image is tried again that somebody else had in work. */
export interface Waiting {
	/** When to have looked at it, in milliseconds since 1970. */
	lookUntil: number;
	/** Whether it is not tried again. */
	isLast: boolean;
}

/** What comes out for an image that is handed over. */
export interface HandedOver {
	/** It was upscaled already, and no callback will come. */
	existing: (image: DeepModeImage) => IDataObject;
	/** @param body what DeepMode answered */
	accepted: (body: IDataObject) => IDataObject;
	/** Somebody else has it in work: its callback goes where that one asked. */
	earlier: (inWork: InWork) => IDataObject;
	/** It may have been accepted, so a callback may come. @param seen what was seen instead */
	unknown: (seen: string) => IDataObject;
}

/**
 * One image on its way to being upscaled, paid at most once:
 *
 *     claim ──somebody else's──▶ look ──upscaled──▶ done, free
 *      │ mine                      └─not upscaled──▶ in work: waited for, free
 *     look ──upscaled──▶ done, free
 *      │ not upscaled
 *     limit ──exceeded──▶ failed, free
 *      │ not exceeded
 *     submit ──image──▶ done, 3 credits
 *      │    └─refused──▶ failed, free
 *      │ not known whether accepted
 *     settle (look again and again) ──upscaled──▶ done, 3 credits
 *      └──time over──▶ failed: not known
 *
 * `look` is left out where an upscaled image is to be upscaled again, and then `settle` could prove
 * nothing. Nothing leads back to `submit`, in no try of an execution. What becomes of the claim:
 * `Claims`.
 */
export class ImageUpscaling {
	private readonly job: ImageJob;
	private readonly name: string;
	/** Milliseconds since 1970. */
	readonly deadline: number;
	/** Whether somebody else had it in work, and it was not done. */
	private wasWaitedFor = false;

	constructor(
		private readonly run: Run,
		{ input: { imageId }, itemIndexes, maySend, endSending }: Job<{ imageId: string }>,
	) {
		this.job = { imageId, itemIndex: itemIndexes[0] as number, maySend, endSending };
		this.name = imageName(imageId);
		this.deadline = Date.now() + run.options.timeout;
	}

	/**
	 * Sync mode: ends with the upscaled image.
	 *
	 * @param waiting where it was waited for
	 */
	async wait(waiting?: Waiting): Promise<Ending> {
		this.wasWaitedFor = waiting !== undefined;
		const { imageId, itemIndex } = this.job;
		const [finished] = this.run.memory.finished(itemIndex, imageId) ?? [];
		if (finished) return this.upscaled(finished);
		const toItem = (image: DeepModeImage) => image;
		const foreseen = this.foreseen(toItem);
		if (foreseen) return foreseen;
		if (this.isLeft) return { left: true };
		if (this.isAskedTwice) return ASKED_TWICE;
		const inWork = await this.run.claims.claim(imageId);
		if (inWork) return (await this.lookAtOthers(toItem, waiting?.lookUntil)) ?? { inWork };
		const open = this.openSubmission;
		if (open) return await this.settle(open);
		if (this.isLeft) return { left: true };
		return (await this.look(toItem)) ?? (await this.submit());
	}

	/**
	 * Async and pause mode: ends when DeepMode has it.
	 *
	 * @param callback where DeepMode sends the result, made when it is sent
	 * @param waiting where it was waited for
	 */
	async handOver(callback: () => string, output: HandedOver, waiting?: Waiting): Promise<Ending> {
		this.wasWaitedFor = waiting !== undefined;
		const { imageId, itemIndex } = this.job;
		const { memory, tally } = this.run;
		const [finished] = memory.finished(itemIndex, imageId) ?? [];
		if (finished) {
			tally.submitted += 1;
			return { items: [{ json: finished }], cost: PAID };
		}
		const foreseen = this.foreseen(output.existing);
		if (foreseen) return foreseen;
		if (this.isLeft) return { left: true };
		if (this.isAskedTwice) return ASKED_TWICE;
		const inWork = await this.run.claims.claim(imageId);
		if (inWork) {
			const ending = await this.lookAtOthers(output.existing, waiting?.lookUntil);
			if (ending) return ending;
			// Nobody calls back for what they give back, or wait for themselves.
			const isOpen = inWork.isHeld && !waiting?.isLast;
			return isOpen ? { inWork } : this.inWorkEarlier(inWork, output);
		}
		const open = this.openSubmission;
		if (open) return this.notAcknowledged(open, output);
		if (this.isLeft) return { left: true };
		const seen = await this.look(output.existing);
		if (seen && 'inWork' in seen) return this.inWorkEarlier(seen.inWork, output);
		return seen ?? (await this.submit({ callback, output }));
	}

	private foreseen(toItem: (image: DeepModeImage) => IDataObject): Ending | undefined {
		const image = this.run.foreseen.get(this.job.imageId);
		return image && this.existing(image, toItem);
	}

	private existing(image: DeepModeImage, toItem: (image: DeepModeImage) => IDataObject): Ending {
		this.run.claims.end(this.job.imageId);
		this.run.tally.existing += 1;
		return this.unpaid(toItem(image));
	}

	private unpaid(json: IDataObject): Ending {
		return { items: [{ json }], cost: { credits: 0, wasUpscaled: !this.wasWaitedFor } };
	}

	/** Whether nothing comes of it any more: then n8n's database is not asked for a claim either. */
	private get isLeft(): boolean {
		return !this.job.maySend() && this.openSubmission === undefined;
	}

	/**
	 * Whether another call of a tool waits for the answer at this moment, where claims stop nobody: it
	 * is no earlier try, whose outcome is not known.
	 */
	private get isAskedTwice(): boolean {
		const { memory, options } = this.run;
		const { imageId, itemIndex } = this.job;
		return options.submitsAgain && memory.isInFlight(itemIndex, imageId);
	}

	/** What an earlier try sent; of another execution's only where claims do not tell. */
	private get openSubmission(): OpenSubmission | undefined {
		const { memory, claims, options } = this.run;
		const { imageId, itemIndex } = this.job;
		const open = memory.open(itemIndex, imageId);
		if (open || claims.areShared || options.submitsAgain) return open;
		return memory.openEarlier(itemIndex, imageId);
	}

	/** @returns how the item ends, or nothing if the image that somebody has in work is not done */
	private async lookAtOthers(
		toItem: (image: DeepModeImage) => IDataObject,
		deadline = this.deadline,
	): Promise<Ending | undefined> {
		const { imageId, maySend } = this.job;
		const { claims, reader, tally } = this.run;
		const outcome = await reader.lookUntilAnswered(imageId, deadline, maySend);
		if (endsBatch(outcome)) {
			// Nor would any other look tell more.
			return outcome?.is === 'refused' ? this.refusal('look at', outcome) : this.unsent(outcome);
		}
		if (outcome?.is !== 'image' || !isUpscaled(outcome.image)) return undefined;
		claims.end(imageId);
		tally.inWork += 1;
		return this.unpaid(toItem(outcome.image));
	}

	private inWorkEarlier(inWork: InWork, output: HandedOver): Ending {
		this.run.tally.inWork += 1;
		return { items: [{ json: output.earlier(inWork) }], cost: FREE };
	}

	/** @returns how the item ends, or nothing if the image is to be submitted */
	private async look(toItem: (image: DeepModeImage) => IDataObject): Promise<Ending | undefined> {
		const { options, memory } = this.run;
		const { imageId, itemIndex, maySend } = this.job;
		const wasPaid = memory.finishedEarlier(itemIndex, imageId) !== undefined;
		if (!options.returnsExisting && !wasPaid) return undefined;
		const outcome = await this.run.reader.lookUntilAnswered(imageId, this.deadline, maySend);
		if (outcome?.is === 'image') {
			if (isUpscaled(outcome.image)) return this.existing(outcome.image, toItem);
			// Handed over by the execution that the user retries.
			return options.returnsExisting ? undefined : { inWork: { since: 'for a while' } };
		}
		if (outcome?.is === 'refused') {
			// The upscale gets the same answer, and says it in its own words.
			return outcome.status === 404 ? undefined : this.refusal('look at', outcome);
		}
		return this.unsent(outcome);
	}

	/** @param handOver where DeepMode sends the result; without it, the result is waited for */
	private async submit(handOver?: { callback: () => string; output: HandedOver }): Promise<Ending> {
		const { budget, memory, claims } = this.run;
		const { imageId, itemIndex } = this.job;
		const inWork = await claims.confirm(imageId);
		if (inWork) return handOver ? this.inWorkEarlier(inWork, handOver.output) : { inWork };
		const send = async () => await this.send(handOver?.callback);
		const spent = await budget.spend(CREDITS_PER_UPSCALE, send, isFree);
		if (!spent) return this.overLimit();
		const { outcome } = spent;
		switch (outcome?.is) {
			case 'image':
				return this.upscaled(outcome.image);
			case 'acknowledged': {
				const json = handOver?.output.accepted(outcome.body) ?? outcome.body;
				memory.finish(itemIndex, imageId, [json]);
				claims.leave(imageId);
				this.run.tally.submitted += 1;
				return { items: [{ json }], cost: PAID };
			}
			case 'unknown': {
				const open = { seen: outcome.seen, isBrief: outcome.isBrief };
				memory.unanswered(itemIndex, imageId, open);
				if (outcome.isBroke) this.job.endSending(creditsMissing(outcome.seen));
				return handOver ? this.notAcknowledged(open, handOver.output) : await this.settle(open);
			}
			default:
				memory.notAccepted(itemIndex, imageId);
				return outcome?.is === 'refused' ? this.refusal('upscale', outcome) : this.unsent(outcome);
		}
	}

	/** @param callback where DeepMode sends the result; without it, the answer is the result */
	private async send(callback?: () => string): Promise<Outcome | undefined> {
		const { client, sender, reader, memory, claims, options } = this.run;
		const { imageId, itemIndex, maySend } = this.job;
		return await sender.send(
			{
				send: async (timeout) => {
					claims.sent(imageId);
					memory.submitting(itemIndex, imageId);
					const answer = client.upscale(imageId, timeout, callback?.());
					const canLook = !callback && options.returnsExisting;
					return await (canLook ? reader.lookWhileUnanswered(imageId, answer) : answer);
				},
				judge: callback ? judgeSubmission : judgeUpscale,
				maySend,
				leastTime: leastTime(options),
			},
			callback ? this.deadline : this.lastLook,
		);
	}

	private async settle({ seen, isBrief }: OpenSubmission): Promise<Ending> {
		if (!this.run.options.returnsExisting) return this.unsettled(seen);
		const until = isBrief ? Math.min(this.lastLook, Date.now() + BRIEF_SETTLING) : this.lastLook;
		const { imageId } = this.job;
		const outcome = await this.run.reader.lookUntilUpscaled(imageId, until, this.deadline);
		if (outcome?.is === 'image' && isUpscaled(outcome.image)) return this.upscaled(outcome.image);
		if (outcome?.is === 'refused') {
			return this.unsettled(`${seen}, and DeepMode refused to show it (status ${outcome.status})`);
		}
		return this.unsettled(seen);
	}

	/** When the last look starts, if there is to be one. */
	private get lastLook(): number {
		const { returnsExisting, timeout } = this.run.options;
		return returnsExisting ? this.deadline - Math.min(timeout / 4, LAST_LOOK) : this.deadline;
	}

	private upscaled(json: IDataObject): Ending {
		this.run.tally.upscaled += 1;
		this.run.claims.end(this.job.imageId);
		this.run.memory.finish(this.job.itemIndex, this.job.imageId, [json]);
		return { items: [{ json }], cost: PAID };
	}

	/** The callback may still come, so this is no error. */
	private notAcknowledged({ seen }: OpenSubmission, output: HandedOver): Ending {
		this.run.claims.leave(this.job.imageId);
		this.run.tally.addUnknown(CREDITS_PER_UPSCALE);
		return { items: [{ json: output.unknown(seen) }], cost: NOT_KNOWN };
	}

	private refusal(action: string, outcome: Extract<Outcome, { is: 'refused' }>): Ending {
		this.run.claims.giveBack(this.job.imageId);
		const subject = { name: this.name, action, advice: 'Check the image and its ID.' };
		return { failure: refused(subject, outcome), endsBatch: endsBatch(outcome) };
	}

	/** Nothing that costs anything was accepted, and nothing more is tried. */
	private unsent(outcome: Outcome | undefined): Ending {
		this.run.claims.giveBack(this.job.imageId);
		return failedOrLeft(this.job, notSent(this.name, outcome), endsBatch(outcome));
	}

	private overLimit(): Ending {
		const { claims, budget } = this.run;
		claims.giveBack(this.job.imageId);
		return failedOrLeft(this.job, overLimit(this.name, CREDITS_PER_UPSCALE, budget));
	}

	private unsettled(seen: string): Ending {
		this.run.claims.leave(this.job.imageId);
		this.run.tally.addUnknown(CREDITS_PER_UPSCALE);
		return { failure: outcomeUnknown(this.name, seen), endsBatch: false };
	}
}
