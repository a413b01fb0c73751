import { setMaxListeners } from 'node:events';

/** What the emulator has accepted: it goes on whether or not a client still listens. */
export class Work {
	private readonly jobs = new Set<Promise<unknown>>();
	private readonly closing = new AbortController();

	constructor() {
		setMaxListeners(0, this.closing.signal);
	}

	/** Aborts when the emulator closes. */
	get signal(): AbortSignal {
		return this.closing.signal;
	}

	/** @throws AbortError when the emulator closes meanwhile */
	async wait(ms: number): Promise<void> {
		this.signal.throwIfAborted();
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const onClose = () => reject(this.signal.reason);
		this.signal.addEventListener('abort', onClose, { once: true });
		// Not that of `node:timers`: a test's clock could not move it.
		const timer = setTimeout(resolve, ms);
		try {
			await promise;
		} finally {
			clearTimeout(timer);
			this.signal.removeEventListener('abort', onClose);
		}
	}

	/** Starts a job. Its promise may be left alone: a rejection goes nowhere else. */
	start<T>(job: () => Promise<T>): Promise<T> {
		const running = job();
		const ended = running.catch(() => undefined).finally(() => this.jobs.delete(ended));
		this.jobs.add(ended);
		return running;
	}

	/** Resolves when no job is unfinished. */
	async settled(): Promise<void> {
		while (this.jobs.size > 0) await Promise.all(this.jobs);
	}

	/** Ends all waiting, and with it all jobs. */
	close(): void {
		this.closing.abort();
	}
}
