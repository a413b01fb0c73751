import { parse } from 'qs';

/** A query string as n8n has its web server read it: what Express calls the extended way. */
export function parseQuery(query: string): Record<string, unknown> {
	return parse(query, { allowPrototypes: true });
}
