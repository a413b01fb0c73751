/**
 * How long an answer asks to wait. The header holds seconds or a date, which is read against the
 * clock of whoever wrote it.
 *
 * @returns milliseconds from now; nothing if it does not ask
 */
export function retryAfterOf(headers: Record<string, unknown>): number | undefined {
	const value = String(headers['retry-after'] ?? '').trim();
	if (value === '') return undefined;
	if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
	const wait = Date.parse(value) - (Date.parse(String(headers.date ?? '')) || Date.now());
	return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
