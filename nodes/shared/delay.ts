import { sleep } from 'n8n-workflow';

/** Waits so many milliseconds, or until the user stops the execution. */
export async function delay(milliseconds: number, stop?: AbortSignal): Promise<void> {
	if (stop?.aborted) return;
	let onStop: () => void = () => undefined;
	const stopped = new Promise<void>((resolve) => {
		onStop = resolve;
		stop?.addEventListener('abort', onStop, { once: true });
	});
	await Promise.race([sleep(milliseconds), stopped]);
	stop?.removeEventListener('abort', onStop);
}
