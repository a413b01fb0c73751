/** qs comes without types. */
declare module 'qs' {
	export function parse(
		query: string,
		options?: { allowPrototypes?: boolean },
	): Record<string, unknown>;
}
