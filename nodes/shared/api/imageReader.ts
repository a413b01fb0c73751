import { delay } from '../delay';
import { growingPauses } from '../growingPauses';
import { untilAborted, within } from '../within';
import type { Client, Reply } from './client';
import { isUpscaled } from './image';
import type { Outcome } from './outcome';
import { judgeLook } from './outcome';
import type { Request, Sender } from './sender';

/** The longest that one look may take, in milliseconds. */
const LOOK_TIMEOUT = 30_000;
/** The first pause between looks, in milliseconds. */
const FIRST_PAUSE = 500;
/** The pause between looks while an answer is waited for, in milliseconds. */
const WATCH_PAUSE = 60_000;

/** Looks at images through the API, which is free. */
export class ImageReader {
	/** @param stop aborted when the user stops the execution */
	constructor(
		private readonly client: Client,
		private readonly sender: Sender,
		readonly stop?: AbortSignal,
	) {}

	/** Whether the API is on this very machine, and so may its pictures be. */
	get isLocal(): boolean {
		return this.client.isLocal;
	}

	/** Tells the account from others. */
	get account(): string {
		return this.client.account;
	}

	/**
	 * Retrieves an image, once.
	 *
	 * @param deadline milliseconds since 1970
	 * @returns nothing if it was not sent, since the time was over
	 */
	async look(imageId: string, deadline: number): Promise<Outcome | undefined> {
		return await this.sender.send(this.requestFor(imageId), deadline);
	}

	/**
	 * Retrieves an image, again and again if that fails.
	 *
	 * @param deadline milliseconds since 1970
	 * @param goesOn whether the result is still wanted
	 */
	async lookUntilAnswered(
		imageId: string,
		deadline: number,
		goesOn?: () => boolean,
	): Promise<Outcome | undefined> {
		return await this.sender.read(this.requestFor(imageId), deadline, goesOn);
	}

	/**
	 * Retrieves an image, again and again until it is upscaled or refused.
	 *
	 * @param until when the last look starts, in milliseconds since 1970
	 * @param deadline when its answer is no longer waited for, in milliseconds since 1970
	 * @returns the last look's outcome
	 */
	async lookUntilUpscaled(
		imageId: string,
		until: number,
		deadline: number,
	): Promise<Outcome | undefined> {
		for (const wait of growingPauses(FIRST_PAUSE)) {
			await delay(Math.max(0, Math.min(wait, until - Date.now())), this.stop);
			const outcome = await this.look(imageId, deadline);
			const isUpscaledNow = outcome?.is === 'image' && isUpscaled(outcome.image);
			const isLast = this.stop?.aborted || Date.now() >= until;
			if (isUpscaledNow || outcome?.is === 'refused' || isLast) return outcome;
		}
		return undefined;
	}

	/**
	 * Waits for the answer to an upscale, and looks at the image each minute meanwhile: a connection
	 * can be forgotten on its way without a word.
	 *
	 * @returns the answer, or what a look says in its place
	 */
	async lookWhileUnanswered(imageId: string, answer: Promise<Reply>): Promise<Reply> {
		const over = new AbortController();
		const answered = answer.finally(() => over.abort());
		for (;;) {
			const reply = await Promise.race([answered, this.lookInAMinute(imageId, over.signal)]);
			if (reply) return reply;
		}
	}

	/** @param over aborted when the answer is there */
	private async lookInAMinute(imageId: string, over: AbortSignal): Promise<Reply | undefined> {
		// Unlike a sleep it keeps nobody, once the answer is there.
		await within(WATCH_PAUSE, over, untilAborted);
		if (over.aborted) return undefined;
		const outcome = await this.look(imageId, Date.now() + LOOK_TIMEOUT);
		return outcome?.is === 'image' && isUpscaled(outcome.image)
			? { status: 200, headers: {}, body: outcome.image }
			: undefined;
	}

	private requestFor(imageId: string): Request {
		return {
			send: async (timeout) => await this.client.retrieve(imageId, Math.min(timeout, LOOK_TIMEOUT)),
			judge: judgeLook,
		};
	}
}
