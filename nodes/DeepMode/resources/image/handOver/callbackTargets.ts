import type { IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type { CallbackEvent } from '../../../../shared/callback/signature';
import { signCallbackUrl } from '../../../../shared/callback/signature';
import { hintAtCallbackUrls } from './callbackHints';
import { readCallbackUrl, readContext } from './callbackParameters';

/** What servers take for a URL; the result of a longer one could not be delivered. */
const LONGEST_URL = 8000;

/**
 * Where the results of a run's items go. This room is what an operation in mode Call Back reads,
 * signs and warns of; it may use `run` and `shared`.
 */
export class CallbackTargets {
	/** Without their queries, which can differ from item to item. */
	private readonly urls = new Set<string>();

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly apiKey: string,
	) {}

	/**
	 * Reads an item's callback URL and context.
	 *
	 * @param imageId the image that is asked for; "" where there is none yet
	 * @returns signs the URL, when it is sent: its time starts then
	 * @throws NodeOperationError if no callback could come there
	 */
	read(itemIndex: number, event: CallbackEvent, imageId: string): () => string {
		const callbackUrl = readCallbackUrl(this.context, itemIndex);
		const context = readContext(this.context, itemIndex);
		const sign = () => signCallbackUrl(callbackUrl, { event, imageId, context }, this.apiKey);
		const { length } = sign();
		if (length > LONGEST_URL) {
			throw new NodeOperationError(this.context.getNode(), 'The callback URL is too long', {
				itemIndex,
				description: `Signed, it has ${length} characters, and servers take about ${LONGEST_URL}. Nothing was sent for this item.`,
			});
		}
		this.urls.add(callbackUrl.replace(/\?.*/s, ''));
		return sign;
	}

	/** Tells the user if callbacks may not arrive. */
	hint(): void {
		hintAtCallbackUrls(this.context, this.urls);
	}
}
