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
 * Measures contestants in turns, so that what else the machine does falls on all of them.
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
	const measures: Record<string, number[]> = {};
	for (let round = 0; round <= rounds; round++) {
		for (const [contestant, run] of Object.entries(contestants)) {
			const result = await run();
			if (round > 0) (measures[contestant] ??= []).push(result);
		}
	}
	const each = (of: (list: number[]) => number | string) =>
		Object.fromEntries(Object.entries(measures).map(([key, list]) => [key, of(list)]));
	const medians = each(median) as Record<string, number>;
	return {
		case: name,
		measure,
		medians,
		spread: each((list) => `${round(Math.min(...list))} to ${round(Math.max(...list))}`) as Record<
			string,
			string
		>,
		ratios: Object.fromEntries(
			Object.entries(medians)
				.filter(([key]) => key !== 'ours')
				.map(([key, value]) => [key, round(Number(medians.ours) / value)]),
		),
	};
}

export function round(value: number): number {
	return Number(value.toPrecision(3));
}

function median(list: number[]): number {
	return round([...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number);
}
