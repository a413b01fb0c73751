/** An answer in place of DeepMode's own. */
export interface AnswerFault {
	status: number;
	headers?: Record<string, string>;
	/** An object is sent as JSON, a string as it is. Default: an empty body. */
	body?: string | object;
	/** Default: `application/json` for an object, `text/plain` for a string. */
	contentType?: string;
	/** The request was accepted, charged and is worked on all the same. Default false. */
	accepted?: boolean;
	/** Milliseconds before the answer. */
	delayMs?: number;
}

/**
 * The connection is cut: `before` the request is accepted; `after` it was accepted (and charged),
 * while it is worked on; or, with the work done, in the middle of the answer's `body`.
 */
export interface CutFault {
	cut: 'before' | 'after' | 'body';
	/** Milliseconds between that moment and the cut. */
	resetAfterMs?: number;
}

/** DeepMode's own answer, but late. `{ delayMs: 0 }` lets one request pass unharmed. */
export interface DelayFault {
	/** Milliseconds between the end of the work and the answer. */
	delayMs: number;
}

/** No answer at all, until the client leaves or the emulator closes. */
export interface HangFault {
	hang: true;
	/** The request was accepted, charged and is worked on all the same. Default false. */
	accepted?: boolean;
}

/** An answer that never ends: a space now and then keeps the connection alive. */
export interface DripFault {
	drip: true;
	/** The request was accepted, charged and is worked on all the same. Default false. */
	accepted?: boolean;
}

/** The picture itself, but sent in another way. */
export interface SentAsFault {
	sentAs: {
		/** Default `image/jpeg`; `""` for none. */
		contentType?: string;
		/** Compressed, with the packed length. */
		gzip?: true;
	};
}

export type RequestFault =
	| AnswerFault
	| CutFault
	| DelayFault
	| HangFault
	| DripFault
	| SentAsFault;

/** What goes wrong with a callback; the parts can be combined. */
export interface CallbackFault {
	/** It is never sent. */
	lost?: boolean;
	/** It is delivered so many times in all. */
	repeat?: number;
	/** This is sent in place of DeepMode's own body. */
	callbackBody?: unknown;
	/** Milliseconds between the end of the work and the callback. */
	callbackDelayMs?: number;
}

/** DeepMode gives up in the middle of the work: the image stays as it is, and is paid. */
export interface WorkFault {
	/** What the callback, or the answer of a call without one, says in place of the image. */
	gaveUp: object;
}

export type RequestOperation = 'upscale' | 'generate' | 'retrieve' | 'balance' | 'file';

export type Fault = (
	| (RequestFault & { on?: RequestOperation })
	| (CallbackFault & { on: 'callback' })
	| (WorkFault & { on: 'work' })
) & {
	/** How often it happens; `Infinity` for ever. Default 1. */
	times?: number;
};

interface Queued {
	fault: Fault;
	left: number;
}

/** The faults that are still to happen, in order, by operation and key. */
export class Faults {
	private readonly queues = new Map<string, Queued[]>();

	/** @param key the image's ID, for generate and its callback the model's, or `*` for any */
	add(key: string, fault: Fault): void {
		const name = queueName(fault.on ?? 'upscale', key);
		const queue = this.queues.get(name) ?? [];
		queue.push({ fault, left: fault.times ?? 1 });
		this.queues.set(name, queue);
	}

	/** From now on everything goes well. */
	clear(): void {
		this.queues.clear();
	}

	/** The next fault of a request, its own before one for any; it is used up by this. */
	forRequest(on: RequestOperation, key: string): RequestFault | undefined {
		return this.take(on, key) as RequestFault | undefined;
	}

	/** The next fault of a callback, its own before one for any; it is used up by this. */
	forCallback(key: string): CallbackFault | undefined {
		return this.take('callback', key) as CallbackFault | undefined;
	}

	/** The next fault of an upscale's work, its own before one for any; it is used up by this. */
	forWork(key: string): WorkFault | undefined {
		return this.take('work', key) as WorkFault | undefined;
	}

	private take(on: RequestOperation | 'callback' | 'work', key: string): Fault | undefined {
		for (const name of [queueName(on, key), queueName(on, '*')]) {
			const queue = this.queues.get(name);
			const next = queue?.[0];
			if (queue === undefined || next === undefined) continue;
			next.left -= 1;
			if (next.left <= 0) queue.shift();
			return next.fault;
		}
		return undefined;
	}
}

const queueName = (on: string, key: string) => `${on} ${key}`;
