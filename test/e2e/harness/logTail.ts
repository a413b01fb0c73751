import { existsSync, readFileSync } from 'node:fs';

/** The last lines of a log file, or a remark that there are none; never throws. */
export function tail(file: string, lines = 80): string {
	const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
	return text === '' ? '(it is empty)' : text.split('\n').slice(-lines).join('\n');
}
