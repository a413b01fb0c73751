import { readFileSync } from 'node:fs';

/** The kernel counts a process's time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/**
 * The CPU time that a process has used so far, with all its threads, in seconds. Linux only.
 *
 * @param pid - the process, which must belong to the same user
 */
export function cpuOf(pid: number): number {
	const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
	const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number];
	return (user + system) / TICKS_PER_SECOND;
}
