import { delay } from '../delay';
import type { Client } from './client';
import { isUpscaled } from './image';
import type { Outcome } from './outcome';
import { judgeLook } from './outcome';
import type { Sender } from './sender';

/** The longest that one look may take, in milliseconds. */
const LOOK_TIMEOUT = 30_000;
/** Pauses between looks double from the first to the longest, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

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

	/**
	 * Retrieves an image, once.
	 *
	 * @param deadline milliseconds since 1970
	 * @returns nothing if it was not sent, since the time was over
	 */
	async look(imageId: string, deadline: number): Promise<Outcome | undefined> {
		return await this.sender.send(
			{
				send: async (timeout) =>
					await this.client.retrieve(imageId, Math.min(timeout, LOOK_TIMEOUT)),
				judge: judgeLook,
			},
			deadline,
		);
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
		goesOn = () => !this.stop?.aborted,
	): Promise<Outcome | undefined> {
		for (const wait of growingPauses()) {
			const outcome = await this.look(imageId, deadline);
			const isPassing = outcome?.is === 'unknown' || outcome?.is === 'unreachable';
			if (!isPassing || !goesOn() || Date.now() + wait >= deadline) return outcome;
			await delay(wait, this.stop);
		}
		return undefined;
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
		for (const wait of growingPauses()) {
			await delay(Math.max(0, Math.min(wait, until - Date.now())), this.stop);
			const outcome = await this.look(imageId, deadline);
			const isUpscaledNow = outcome?.is === 'image' && isUpscaled(outcome.image);
			const isLast = this.stop?.aborted || Date.now() >= until;
			if (isUpscaledNow || outcome?.is === 'refused' || isLast) return outcome;
		}
		return undefined;
	}
}

/** Pauses between looks, in milliseconds. */
export function* growingPauses(): Generator<number> {
	for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) yield wait;
}
