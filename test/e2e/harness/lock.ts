import { DatabaseSync } from 'node:sqlite';

import { waitFor } from '../../shared/waitFor';

const MAX_WAIT_MS = 60 * 60_000;
const SQLITE_BUSY = 5;

/**
 * Does something while no other process on this machine does it.
 *
 * The lock is SQLite's on an empty database file: the operating system frees it when its holder
 * ends, however that ends, so no stale lock is ever left.
 *
 * @param file - the lock file; it may stay behind
 * @param what - what another holder of the lock is doing, as it should read after "waiting for"
 */
export async function withLock(
	file: string,
	what: string,
	action: () => Promise<void>,
): Promise<void> {
	const database = new DatabaseSync(file);
	try {
		await waitFor(what, () => tryLock(database), { timeoutMs: MAX_WAIT_MS, everyMs: 1000 });
		await action();
	} finally {
		database.close();
	}
}

function tryLock(database: DatabaseSync): boolean {
	try {
		database.exec('BEGIN EXCLUSIVE');
		return true;
	} catch (error) {
		if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
		throw error;
	}
}
