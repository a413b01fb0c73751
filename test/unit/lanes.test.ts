import { inLanes } from '../../nodes/shared/lanes';
import { onMovedClock, startStopwatch, useFakeClock } from './fakeClock';

useFakeClock();

const after = async (seconds: number) =>
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));

it('each starts as soon as a lane is free, in order', async () => {
	const second = startStopwatch();
	const started: Array<[name: string, at: number]> = [];
	const work = async ([name, seconds]: [string, number]) => {
		started.push([name, second()]);
		await after(seconds);
	};

	await onMovedClock(
		inLanes<[string, number]>(
			[
				['long', 5],
				['a', 1],
				['b', 2],
				['c', 1],
				['d', 3],
			],
			2,
			work,
		),
	);

	expect(started).toEqual([
		['long', 0],
		['a', 0],
		['b', 1],
		['c', 3],
		['d', 4],
	]);
});

it('is over when the last is done', async () => {
	const done: number[] = [];
	const work = async (seconds: number) => {
		await after(seconds);
		done.push(seconds);
	};

	await onMovedClock(inLanes([3, 1, 2], 10, work));

	expect(done).toEqual([1, 2, 3]);
});

it('what the work throws is thrown', async () => {
	const work = async (element: string) => {
		await after(1);
		if (element === 'b') throw new Error(`no ${element}`);
	};

	await expect(onMovedClock(inLanes(['a', 'b', 'c'], 1, work))).rejects.toThrow('no b');
});
