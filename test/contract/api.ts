import axios, { type AxiosRequestConfig } from 'axios';
import sharp from 'sharp';

import type { Reply } from './package';
import { withoutKey } from './secrets';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A request's answer, or why there was none. */
export interface Exchange {
	reply: Reply;
	seconds: number;
}

export interface ApiOptions {
	/** Without a slash at the end. */
	baseUrl: string;
	apiKey: string;
}

/**
 * The DeepMode API, asked as the node asks it: once, without following redirects. What comes back
 * is a reply as the package's judges take it, with the API key taken out.
 */
export class Api {
	/** All that was asked so far. */
	readonly exchanges: Exchange[] = [];

	/** @param timeoutMs how long an answer is waited for, in milliseconds; may change meanwhile */
	constructor(
		private readonly options: ApiOptions,
		public timeoutMs: number,
	) {}

	async balance(apiKey?: string): Promise<Exchange> {
		return await this.exchange({ url: '/api/check-balance', method: 'GET' }, apiKey);
	}

	async retrieve(imageId: string): Promise<Exchange> {
		const url = `/api/images/${encodeURIComponent(imageId)}`;
		return await this.exchange({ url, method: 'GET' });
	}

	/** @param body as it is sent, whether or not it can succeed */
	async upscale(body: object): Promise<Exchange> {
		return await this.exchange({ url: '/api/images/upscale', method: 'POST', data: body });
	}

	/** @param body as it is sent, whether or not it can succeed */
	async generate(body: object): Promise<Exchange> {
		return await this.exchange({ url: '/api/images/generate', method: 'POST', data: body });
	}

	/**
	 * Fetches the file of an image, without the API key.
	 *
	 * @returns what came, in words, and whether it is a picture
	 */
	async file(imageUrl: string): Promise<{ isPicture: boolean; seen: string }> {
		try {
			const { status, headers, data } = await this.send<ArrayBuffer>({
				url: imageUrl,
				responseType: 'arraybuffer',
			});
			const type = String(headers['content-type'] ?? 'no content type');
			const size = await sharp(Buffer.from(data))
				.metadata()
				.catch(() => undefined);
			return {
				isPicture: status === 200 && size !== undefined,
				seen: `${status}, ${type}, ${size ? `${size.width}×${size.height}` : 'no picture'}`,
			};
		} catch (error) {
			return { isPicture: false, seen: `no file: ${this.clean((error as Error).message)}` };
		}
	}

	private async exchange(config: AxiosRequestConfig, apiKey?: string): Promise<Exchange> {
		const started = Date.now();
		const reply = await this.reply(config, apiKey ?? this.options.apiKey);
		const exchange = { reply, seconds: (Date.now() - started) / 1000 };
		this.exchanges.push(exchange);
		return exchange;
	}

	private async reply(config: AxiosRequestConfig, apiKey: string): Promise<Reply> {
		try {
			const { status, headers, data } = await this.send<string>({
				...config,
				baseURL: this.options.baseUrl,
				headers: { Authorization: `Bearer ${apiKey}` },
				responseType: 'text',
				transformResponse: (text: string) => text,
			});
			const own = Object.entries(headers).map(([name, value]) => [name, String(value)]);
			return this.clean({ status, headers: Object.fromEntries(own), body: parsed(data ?? '') });
		} catch (error) {
			return this.clean(noAnswer(error as Error & { code?: string }, this.timeoutMs));
		}
	}

	private async send<T>(config: AxiosRequestConfig) {
		return await axios.request<T>({
			...config,
			maxRedirects: 0,
			maxContentLength: MAX_ANSWER_BYTES,
			validateStatus: () => true,
			// Not axios's own limit, which starts anew with every byte.
			signal: AbortSignal.timeout(this.timeoutMs),
		});
	}

	private clean<T>(value: T): T {
		return JSON.parse(withoutKey(JSON.stringify(value), this.options.apiKey)) as T;
	}
}

/** What a connection that was never made is told by. */
const NEVER_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

function noAnswer({ name, message, code }: Error & { code?: string }, timeoutMs: number): Reply {
	return name === 'CanceledError'
		? { reason: `no complete answer within ${timeoutMs / 1000} s` }
		: {
				reason: message || String(code),
				...(NEVER_CONNECTED.includes(code ?? '') && {
					unconnected: { isFinal: false, cure: 'Check the address.' },
				}),
			};
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
