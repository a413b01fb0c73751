import type { IWebhookFunctions } from 'n8n-workflow';

import { delay } from '../shared/delay';

/** n8n's answer to a call. */
type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * What became of the first call with a key: n8n told its caller that the workflow has started; or
 * it did not start; or its caller has gone, and n8n is still at it.
 */
type Fate = Started | 'failed' | 'open';

interface Started {
	/** Whether a repeat could bring nothing new. */
	isFinal: boolean;
	body: string;
}

/** The most callbacks that are remembered; the oldest are forgotten first. */
const LIMIT = 10_000;

/** How often to see whether n8n is done with a call whose caller has gone, in milliseconds. */
const LOOK_EVERY = 1000;

/**
 * The callbacks that have started a workflow, or are about to, in this process; nothing is kept but
 * keys. n8n's static data would survive a restart, but n8n does not save it from a trigger's
 * `webhook()`.
 */
const seen = new Map<string, Promise<Fate>>();

/**
 * Runs something once for each key. A key is taken when n8n has answered that the workflow has
 * started, and free again when n8n could not start it.
 *
 * @param key what tells one callback from another; short, since it is kept
 * @param response n8n's answer to this call
 * @param run resolves to its result, and whether it is final: if not, or if it throws, the key is
 * free again afterwards
 * @param body tells what has the same key apart; who waited for a result that is not final is a repeat
 * with the same body only, since the first may have been forged
 * @returns the result; for whoever came later, "repeat" as soon as the first has started, and "open"
 * while nobody can say whether it will
 * @throws what `run` throws
 */
export async function once<T>(
	key: string,
	response: Response,
	run: () => Promise<{ result: T; isFinal: boolean }>,
	body = '',
): Promise<{ result: T } | 'repeat' | 'open'> {
	for (let earlier = seen.get(key); earlier; earlier = seen.get(key)) {
		const fate = await earlier;
		if (fate === 'open') return 'open';
		if (fate !== 'failed' && (fate.isFinal || fate.body === body)) return 'repeat';
	}
	const running = run();
	const starting = running.then(({ isFinal }) => ({ isFinal, body }));
	remember(key, follow(key, response, starting));
	return { result: (await running).result };
}

/** Sees a first call through to its answer. */
async function follow(key: string, response: Response, starting: Promise<Started>): Promise<Fate> {
	const answered = ended(response);
	try {
		const started = await starting;
		if (await answered) return settle(key, response, started);
		void followWithoutCaller(key, response, started);
		return 'open';
	} catch {
		seen.delete(key);
		return 'failed';
	}
}

/** n8n does not tell when it is done with somebody who has gone, but it shows. */
async function followWithoutCaller(
	key: string,
	response: Response,
	started: Started,
): Promise<void> {
	while (!response.writableEnded) await delay(LOOK_EVERY);
	const fate = settle(key, response, started);
	if (seen.has(key)) seen.set(key, Promise.resolve(fate));
}

/** Frees the key unless the workflow has started and a repeat could bring nothing new. */
function settle(key: string, { statusCode }: Response, started: Started): Fate {
	const hasStarted = statusCode >= 200 && statusCode < 300;
	if (!hasStarted || !started.isFinal) seen.delete(key);
	return hasStarted ? started : 'failed';
}

/** @returns whether the caller has got the answer, or was there to get it */
async function ended(response: Response): Promise<boolean> {
	if (response.closed) return response.writableFinished;
	return await new Promise((resolve) => {
		response.once('finish', () => resolve(true));
		response.once('close', () => resolve(response.writableFinished));
	});
}

function remember(key: string, fate: Promise<Fate>): void {
	seen.set(key, fate);
	const oldest = seen.keys().next();
	if (seen.size > LIMIT && !oldest.done) seen.delete(oldest.value);
}
