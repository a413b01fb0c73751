import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { delay } from '../../../../shared/delay';
import { isRecord } from '../../../../shared/isRecord';
import { shorten } from '../../../../shared/text';
import { netOf } from './park';
import type { Round } from './rounds';

/**
 * When the node rings at its own door until it is heard, in milliseconds: a callback that came
 * before n8n had stored the parked execution found nobody.
 */
const UNTIL_HEARD = [1000, 2000, 4000, 8000, 16_000];
/** How long n8n may take to store an execution, in milliseconds: past the rings above. */
const STORING = 40_000;
/** Then it rings with pauses that double, in milliseconds: callbacks can be lost. */
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 300_000;
/** How long a ring may wait for its answer, in milliseconds. */
const RING_TIMEOUT = 60_000;

type Ringer = Pick<IExecuteFunctions | IWebhookFunctions, 'helpers' | 'logger'>;

/**
 * Whose helpers ring, for all executions: the last one's. To keep each with its round would keep all
 * parked executions in memory.
 */
let ringer: Ringer | undefined;
let ringing = 0;

/**
 * Calls the parked execution of a round again and again until the round is over; each call makes the
 * node look, so that one too many changes nothing. Whoever rang for the round before stops.
 *
 * @param context lends its helpers
 * @param isReady whether to begin at once, since the execution can go on
 */
export async function ringFor(context: Ringer, round: Round, isReady = false): Promise<void> {
	if (round.over.aborted) return;
	const stop = round.newBell();
	ringer = context;
	ringing += 1;
	for (const pause of pauses(round, isReady)) {
		await delay(pause, stop);
		if (stop.aborted) break;
		await ring(round);
		if (Date.now() > netOf(round.parked.limit)) round.end();
		if (stop.aborted) break;
	}
	ringing -= 1;
	if (ringing === 0) ringer = undefined;
}

/** A ring falls on the limit, and then the pauses begin anew. */
function* pauses(round: Round, isReady: boolean): Generator<number> {
	if (isReady) yield 0;
	for (const pause of UNTIL_HEARD) {
		if (!round.isHeard) yield pause;
	}
	for (let pause = FIRST_PAUSE; ; ) {
		const left = round.parked.limit - Date.now();
		if (left > 0 && left <= pause) {
			yield left;
			pause = FIRST_PAUSE;
		} else {
			// Executions that were parked together do not ring together for ever.
			yield pause * (1 - Math.random() / 5);
			pause = Math.min(pause * 2, LONGEST_PAUSE);
		}
	}
}

async function ring(round: Round): Promise<void> {
	const { status = 0, isOfN8n, seen } = await call(round.url);
	if (status >= 200 && status < 300) {
		round.isHeard = true;
		return;
	}
	const isEarly = Date.now() - round.parked.since < STORING;
	const isGone = isOfN8n && [404, 409].includes(status) && (round.isHeard || !isEarly);
	const isExpected = round.isHeard ? isGone : status === 409 || (isEarly && status === 500);
	if (!isExpected) warn(round, seen);
	if (isGone) round.end();
}

/** @returns with whether n8n itself has answered: its errors are JSON, and a proxy's are pages */
async function call(url: string): Promise<{ status?: number; isOfN8n: boolean; seen: string }> {
	try {
		const { statusCode: status, body } = (await ringer?.helpers.httpRequest({
			method: 'POST',
			url,
			body: {},
			timeout: RING_TIMEOUT,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
		})) as { statusCode: number; body: unknown };
		return { status, isOfN8n: isRecord(body), seen: `the answer is status ${status}` };
	} catch (error) {
		return { isOfN8n: false, seen: shorten((error as Error).message, 200) };
	}
}

function warn(round: Round, seen: string): void {
	if (round.isWarnedOf) return;
	round.isWarnedOf = true;
	const { origin, pathname } = new URL(round.url);
	ringer?.logger.warn(
		`DeepMode: n8n cannot call its own paused execution at ${origin}${pathname} (${seen}). Callbacks may not arrive either; then the execution goes on after Max Wait and 15 minutes. Check WEBHOOK_URL, and n8n's SSRF protection.`,
	);
}
