import { createHash } from 'crypto';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	IWebhookFunctions,
	JsonObject,
} from 'n8n-workflow';
import { jsonParse, NodeApiError, NodeOperationError } from 'n8n-workflow';

import { untilAborted, within } from '../within';
import { isLoopback, parseBaseUrl } from './baseUrl';
import { keySpellings } from './keySpellings';
import type { NoAnswer } from './noAnswer';
import { toNoAnswer } from './noAnswer';

/** The name of the credential. */
export const CREDENTIAL = 'deepModeApi';

/** What an HTTP header can carry. */
const SENDABLE_KEY = /^[\x21-\x7e]+$/;
/** How much of an answer is read, in characters: images take a few thousand. */
const LARGEST_ANSWER = 1_000_000;
/** How much longer than n8n's own timeout a request may take, in milliseconds. */
const GRACE = 1000;

type Context = IExecuteFunctions | IWebhookFunctions | IHookFunctions;

/** What came back over the wire, whatever it was. */
export interface Answer {
	status: number;
	headers: Record<string, string | undefined>;
	/** Parsed JSON, or the text of anything else. */
	body: unknown;
}

export type Reply = (Answer | NoAnswer) & {
	/** What it answers; nothing, where a look stands in for the answer. */
	to?: Call;
};

/** A request, as far as it may be shown: its address has no query. */
interface Call {
	method: IHttpRequestMethods;
	path: string;
	/** The image that it names in its body. */
	imageId?: string;
}

/**
 * The DeepMode API over n8n's own HTTP helper; one object serves a whole run. This room is all that
 * is known of the API: how it is asked, and what its answers mean. It uses nothing but the small
 * things of `shared`.
 */
export class Client {
	/** What callbacks are signed with. */
	readonly apiKey: string;
	/** Tells the account from others; the API key cannot be read from it. */
	readonly account: string;
	/** Whether the API is on the very machine that n8n runs on. */
	readonly isLocal: boolean;
	/** Aborted when the user stops the execution. */
	private readonly stop?: AbortSignal;
	/** The key as it may stand in an answer's JSON. */
	private readonly spellings: RegExp | undefined;

	private constructor(
		private readonly context: Context,
		private readonly credentials: ICredentialDataDecryptedObject,
		private readonly baseUrl: string,
	) {
		this.apiKey = keyOf(credentials);
		this.account = createHash('sha256').update(`${baseUrl}\n${this.apiKey}`).digest('base64');
		if ('getExecutionCancelSignal' in context) this.stop = context.getExecutionCancelSignal();
		this.isLocal = isLoopback(new URL(baseUrl));
		this.spellings = keySpellings(this.apiKey);
	}

	/**
	 * Decrypts the credential, once: per request it would cost more than the request itself.
	 *
	 * @throws NodeOperationError if there is none, or its Base URL or its API key cannot be used
	 */
	static async connect(context: Context): Promise<Client> {
		const credentials = await readCredential(context);
		if (!SENDABLE_KEY.test(keyOf(credentials))) {
			throw new NodeOperationError(
				context.getNode(),
				'The DeepMode credential has no usable API key',
				{
					description:
						'Open the DeepMode credential and enter the API key of your DeepMode account: it is empty, or has characters that no key has.',
				},
			);
		}
		try {
			const { href } = parseBaseUrl(credentials.baseUrl);
			return new Client(context, credentials, href.replace(/\/+$/, ''));
		} catch (error) {
			throw new NodeOperationError(context.getNode(), error as Error, {
				description: 'Open the DeepMode credential and correct its Base URL.',
			});
		}
	}

	/**
	 * Upscales an image, for 3 credits. Source: DeepMode docs, "Upscale Image".
	 *
	 * @param imageId the image to upscale
	 * @param timeout how long to wait for the answer, in milliseconds
	 * @param callback where the result goes; the answer is then an acknowledgement, at once. Without
	 * it the answer is the result, when the work is done.
	 */
	async upscale(imageId: string, timeout: number, callback?: string): Promise<Reply> {
		return await this.request({ method: 'POST', path: '/api/images/upscale', imageId }, timeout, {
			image_id: imageId,
			...(callback && { callback }),
		});
	}

	/**
	 * Generates images, for 1 credit each. Source: DeepMode docs, "Generate Image".
	 *
	 * @param parameters in the API's own names
	 * @param timeout how long to wait for the answer, in milliseconds
	 * @param callback as for `upscale`
	 */
	async generate(parameters: IDataObject, timeout: number, callback?: string): Promise<Reply> {
		return await this.request({ method: 'POST', path: '/api/images/generate' }, timeout, {
			...parameters,
			...(callback && { callback }),
		});
	}

	/**
	 * Reads the account's balance, which is free. Source: DeepMode docs, "Check Balance".
	 *
	 * @param timeout how long to wait for the answer, in milliseconds
	 */
	async checkBalance(timeout: number): Promise<Reply> {
		return await this.request({ method: 'GET', path: '/api/check-balance' }, timeout);
	}

	/**
	 * Reads an image, which is free, and makes a fresh `image_url`.
	 * Source: DeepMode docs, "Retrieve Image Information".
	 *
	 * @param timeout how long to wait for the answer, in milliseconds
	 */
	async retrieve(imageId: string, timeout: number): Promise<Reply> {
		const path = `/api/images/${encodeURIComponent(imageId)}`;
		return await this.request({ method: 'GET', path }, timeout);
	}

	/** Sends a request once; statuses are for the caller to judge. */
	private async request(to: Call, longest: number, body?: IDataObject): Promise<Reply> {
		const timeout = Math.max(1, Math.ceil(longest));
		const { stop } = this;
		const { method, path: url } = to;
		// n8n's timeout starts anew with every byte: somebody who sends one now and then has no end.
		// It comes first, since it tells whether there was a connection.
		const reply = await within(timeout + GRACE, stop, async (signal) => {
			const exchange = this.exchange({ method, url, body, timeout }, signal);
			const expired = { reason: `timeout of ${timeout} ms exceeded` };
			const end = untilAborted(signal).then(() => (stop?.aborted ? exchange : expired));
			return await Promise.race([exchange, end]);
		});
		return { ...reply, to };
	}

	private async exchange(options: IHttpRequestOptions, signal: AbortSignal): Promise<Reply> {
		// n8n takes the signal that ends a request from the execution, and no other.
		const caller = Object.create(this.context, {
			getExecutionCancelSignal: { value: () => signal },
		}) as Context;
		try {
			const response = await this.context.helpers.httpRequestWithAuthentication.call(
				caller,
				CREDENTIAL,
				{
					...options,
					url: this.baseUrl + options.url,
					json: true,
					// As text, since what is no JSON, or holds the key, is dealt with here.
					encoding: 'text',
					returnFullResponse: true,
					// n8n sends a request that it sees fail with 401 a second time.
					ignoreHttpStatusErrors: true,
					disableFollowRedirect: true,
				},
				{
					credentialsDecrypted: { id: '', name: '', type: CREDENTIAL, data: this.credentials },
				},
			);
			const { statusCode: status, headers, body } = response;
			const text = String(body ?? '').slice(0, LARGEST_ANSWER);
			const parsed = jsonParse<unknown>(text, { fallbackValue: text });
			return { status, headers, body: this.redact(parsed) };
		} catch (error) {
			const wrapped = new NodeApiError(this.context.getNode(), error as JsonObject);
			return this.redact(toNoAnswer(wrapped)) as NoAnswer;
		}
	}

	/**
	 * What the API says is shown to users and stored by n8n, so it must not repeat the key: not as it
	 * is, and not escaped either.
	 */
	private redact(value: unknown): unknown {
		if (!this.spellings) return value;
		const json = JSON.stringify(value);
		const redacted = json.replace(this.spellings, '***');
		return redacted === json ? value : jsonParse(redacted);
	}
}

/** n8n's own words say what is wrong with it, and not what to do. */
async function readCredential(context: Context): Promise<ICredentialDataDecryptedObject> {
	try {
		return await context.getCredentials(CREDENTIAL);
	} catch (error) {
		throw new NodeOperationError(context.getNode(), (error as Error).message, {
			description: 'Choose a DeepMode credential in the node. Nothing was sent.',
		});
	}
}

function keyOf(credentials: ICredentialDataDecryptedObject): string {
	return String(credentials.apiKey ?? '').trim();
}
