/** Works through a list with so many at once, starting each as soon as a lane is free. */
export async function inLanes<T>(
	list: T[],
	lanes: number,
	work: (element: T) => Promise<void>,
): Promise<void> {
	const queue = list.values();
	const lane = async () => {
		for (const element of queue) await work(element);
	};
	await Promise.all(Array.from({ length: Math.min(lanes, list.length) }, lane));
}
