import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

/** How long a ring may wait for its answer, in milliseconds. */
const RING_TIMEOUT = 60_000;

/** Somebody looked. n8n answers 500 when it could not resume what was to go on. */
export const isHeard = (status: number) => status >= 200 && status < 300;

/** As `isHeard`, or there is nobody any more: so n8n answers once an execution has gone on. */
export const isHeardOrGone = (status: number) => isHeard(status) || [404, 409].includes(status);

/**
 * Calls a resume URL, with pauses, until it is answered as it should be. What is called looks for
 * itself what there is to do, so that one call too many changes nothing.
 *
 * @param isEnough tells from the answer's status
 * @param pauses before each call, in milliseconds
 */
export async function ringUntil(
	isEnough: (status: number) => boolean,
	context: IExecuteFunctions | IWebhookFunctions,
	resumeUrl: string,
	pauses: number[],
): Promise<void> {
	for (const wait of pauses) {
		await sleep(wait);
		const status = await ring(context, resumeUrl);
		if (status !== undefined && isEnough(status)) return;
	}
}

/** @returns the answer's status, if there is an answer */
async function ring(
	context: IExecuteFunctions | IWebhookFunctions,
	url: string,
): Promise<number | undefined> {
	try {
		const { statusCode } = (await context.helpers.httpRequest({
			method: 'POST',
			url,
			body: {},
			timeout: RING_TIMEOUT,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
		})) as { statusCode: number };
		return statusCode;
	} catch {
		return undefined;
	}
}
