/**
 * A parameter or field as a number. What else JavaScript makes a number of, such as true, blanks or an
 * empty list, was not meant as one.
 *
 * @returns NaN if it is none
 */
export function toNumber(value: unknown): number {
	const isMeant = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
	return isMeant ? Number(value) : NaN;
}
