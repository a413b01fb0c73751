import type { Outcome } from './outcome';
import { judgeLook } from './outcome';
import { delay } from '../delay';
import type { Connection } from '../../DeepMode/run/run';

/** The longest that one look may take, in milliseconds. */
const LOOK_TIMEOUT = 30_000;
/** Pauses between looks double from the first to the longest, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/**
 * Retrieves an image, once.
 *
 * @param deadline milliseconds since 1970
 * @returns nothing if it was not sent, since the time was over
 */
export async function lookOnce(
	{ client, sender }: Connection,
	imageId: string,
	deadline: number,
): Promise<Outcome | undefined> {
	return await sender.send(
		{
			send: async (timeout) => await client.retrieve(imageId, Math.min(timeout, LOOK_TIMEOUT)),
			judge: judgeLook,
		},
		deadline,
	);
}

/**
 * Retrieves an image, again and again if that fails, since it costs nothing.
 *
 * @param deadline milliseconds since 1970
 * @param goesOn whether the result is still wanted
 */
export async function lookUntilAnswered(
	connection: Connection,
	imageId: string,
	deadline: number,
	goesOn: () => boolean,
): Promise<Outcome | undefined> {
	for (const wait of growingPauses()) {
		const outcome = await lookOnce(connection, imageId, deadline);
		const isPassing = outcome?.is === 'unknown' || outcome?.is === 'unreachable';
		if (!isPassing || !goesOn() || Date.now() + wait >= deadline) return outcome;
		await delay(wait, connection.stop);
	}
	return undefined;
}

export function* growingPauses(): Generator<number> {
	for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) yield wait;
}
