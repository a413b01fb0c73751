/** One line of the table. */
export interface Row {
	case: string;
	measure: string;
	/** Medians by contestant. */
	medians: Record<string, number>;
	/** Lowest and highest by contestant. */
	spread: Record<string, string>;
	/** Ours by each other's median. */
	ratios: Record<string, number>;
	notes?: string;
}

/**
 * Measures contestants in turns, so that what else the machine does falls on all of them; each round
 * begins with another, since what one leaves behind falls on the next.
 *
 * @param contestants "ours" first; each resolves to its measure
 * @param rounds counted rounds; one more warms up
 */
export async function inTurns(
	name: string,
	measure: string,
	contestants: Record<string, () => Promise<number>>,
	rounds = 5,
): Promise<Row> {
	const all = Object.entries(contestants);
	const measures = Object.fromEntries(all.map(([name]): [string, number[]] => [name, []]));
	for (let round = 0; round <= rounds; round++) {
		const first = round % all.length;
		for (const [contestant, run] of [...all.slice(first), ...all.slice(0, first)]) {
			const result = await run();
			if (round > 0) measures[contestant]?.push(result);
		}
	}
	return toRow(name, measure, measures);
}

/** @param measures by contestant; the first is what the others are compared with */
export function toRow(name: string, measure: string, measures: Record<string, number[]>): Row {
	const each = <T>(of: (list: number[]) => T) =>
		Object.fromEntries(Object.entries(measures).map(([key, list]) => [key, of(list)]));
	const medians = each(median);
	const [[, ours] = ['', NaN], ...others] = Object.entries(medians);
	return {
		case: name,
		measure,
		medians,
		spread: each((list) => `${round(Math.min(...list))} to ${round(Math.max(...list))}`),
		ratios: Object.fromEntries(others.map(([key, value]) => [key, round(ours / value)])),
	};
}

export function round(value: number): number {
	return Number(value.toPrecision(3));
}

function median(list: number[]): number {
	return round([...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number);
}
