/**
 * Does something that ends when its time is over, or when the user stops the execution. Once it is
 * done, nothing is held: neither the timer nor whoever listens to it.
 *
 * @param milliseconds how long it may take
 * @param stop aborted when the user stops the execution
 * @param work ends as soon as its signal is aborted
 */
export async function within<T>(
	milliseconds: number,
	stop: AbortSignal | undefined,
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const controller = new AbortController();
	const ends = [AbortSignal.timeout(milliseconds), ...(stop ? [stop] : [])];
	const abort = () => controller.abort();
	for (const end of ends) end.addEventListener('abort', abort);
	if (stop?.aborted) abort();
	try {
		return await work(controller.signal);
	} finally {
		// Node keeps a signal for its whole time as long as somebody listens.
		for (const end of ends) end.removeEventListener('abort', abort);
	}
}

/** Waits until the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
