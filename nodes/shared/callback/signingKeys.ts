import { delay } from '../delay';

/** How long a key that was read counts as the current one, in milliseconds. */
const LIFETIME = 1000;

/** One decryption of a credential. */
interface Reading {
	/** By the monotonic clock, in milliseconds. */
	startedAt: number;
	signer: Promise<Signer>;
}

/** What is kept of a credential: it signs callback URLs, and cannot call the API. */
export interface Signer {
	key: Buffer;
	/** Tells the account from others. */
	account: string;
}

/** The readings of the last second, by credential. */
const readings = new Map<string, Reading>();

/**
 * The signing keys to try on a callback, one after the other: the one that was read within the last
 * second, and if the callback goes on to the second, one that was read after it came. So a burst of
 * callbacks decrypts once, a changed key counts within a second, nothing genuine is refused
 * meanwhile, and all forgers together cost one decryption a second.
 *
 * @param credential tells one credential from another
 * @param read decrypts the credential
 * @throws what `read` throws, if it fails for the last key, too
 */
export async function* signingKeys(
	credential: string,
	read: () => Promise<Signer>,
): AsyncGenerator<Signer, void> {
	const calledAt = performance.now();
	const last = currentReading(credential, read);
	if (last.startedAt >= calledAt) {
		yield await last.signer;
		return;
	}
	const kept = await last.signer.catch(() => undefined);
	if (kept) yield kept;
	let next = last;
	// Timers can be early by a moment.
	while (next === last) {
		await delay(last.startedAt + LIFETIME - performance.now());
		next = currentReading(credential, read);
	}
	yield await next.signer;
}

function currentReading(credential: string, read: () => Promise<Signer>): Reading {
	const startedAt = performance.now();
	const last = readings.get(credential);
	if (last && startedAt - last.startedAt < LIFETIME) return last;
	const reading = { startedAt, signer: read() };
	readings.set(credential, reading);
	void forgetInTime(credential, reading);
	return reading;
}

async function forgetInTime(credential: string, reading: Reading): Promise<void> {
	await delay(LIFETIME);
	if (readings.get(credential) === reading) readings.delete(credential);
}
