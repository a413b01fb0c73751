/** Each test of the file has a clock that stands still until it is moved, and pauses without jitter. */
export function useFakeClock(): void {
	beforeEach(() => {
		jest.useFakeTimers();
		jest.spyOn(Math, 'random').mockReturnValue(0.5);
	});

	afterEach(() => {
		jest.useRealTimers();
		jest.restoreAllMocks();
	});
}

/** Moves the clock until something is done. */
export async function onMovedClock<T>(work: Promise<T>): Promise<T> {
	let isDone = false;
	const end = () => (isDone = true);
	work.then(end, end);
	while (!isDone) await jest.advanceTimersByTimeAsync(1000);
	return await work;
}

/** @returns tells how many seconds have passed on the clock since */
export function startStopwatch(): () => number {
	const started = Date.now();
	return () => (Date.now() - started) / 1000;
}
