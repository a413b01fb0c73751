import { readFileSync, writeFileSync } from 'node:fs';

/**
 * How far a process's memory goes up at the most while something runs, in MB. Linux only.
 *
 * @param pid - the process, which must belong to the same user
 */
export async function peakGrowth(pid: number, work: () => Promise<unknown>): Promise<number> {
	// From here on the kernel counts the peak anew.
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
	const before = memoryOf(pid);
	await work();
	return memoryOf(pid, 'VmHWM') - before;
}

/**
 * A process's memory in MB, as Linux counts it.
 *
 * @param field - VmRSS is what it has now, VmHWM the most that it had
 */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}
