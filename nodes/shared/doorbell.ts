import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

/** How long a ring may wait for its answer, in milliseconds. */
const RING_TIMEOUT = 60_000;

/**
 * Calls a resume URL, with pauses, until somebody answers. What is called looks for itself what
 * there is to do, so that one call too many changes nothing.
 *
 * @param pauses before each call, in milliseconds
 */
export async function ringUntilAnswered(
	context: IExecuteFunctions | IWebhookFunctions,
	resumeUrl: string,
	pauses: number[],
): Promise<void> {
	for (const wait of pauses) {
		await sleep(wait);
		if (await ring(context, resumeUrl)) return;
	}
}

async function ring(context: IExecuteFunctions | IWebhookFunctions, url: string): Promise<boolean> {
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
		return statusCode >= 200 && statusCode < 300;
	} catch {
		return false;
	}
}
