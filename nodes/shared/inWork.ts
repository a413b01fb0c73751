import { delay } from './delay';

/**
 * What this process has in work: images that were submitted, or are about to be, by whatever
 * workflow. Node and trigger share it.
 */

/** Somebody's claim on an image. */
export interface Claim {
	/** Who made it: the same item of the same run in every try. */
	readonly owner: string;
	/** When it was made, in milliseconds since 1970. */
	readonly since: number;
	/** Whether its owner is at it at this moment; else the image was submitted, and its end is not known. */
	isHeld: boolean;
	/** Whether the image was given free by somebody who cannot reach n8n's database. */
	isFreed: boolean;
}

/** How long a claim holds at most, in milliseconds. */
const CLAIM_LIFETIME = 2 * 60 * 60 * 1000;

/** How often to forget what has expired, in milliseconds: there can be many. */
const FORGET_EVERY = 60_000;

/** The oldest first. */
const claims = new Map<string, Claim>();
/** When it was last forgotten what has expired, in milliseconds since 1970. */
let forgottenAt = 0;
/** Those who want to know of a claim's end. */
const watchers = new Map<string, Set<ClaimEnds>>();

/** What tells an image of one account from all others; nothing can be read from an account's hash. */
export function claimKey(account: string, imageId: string): string {
	return `${account}/${imageId}`;
}

/** The claim on an image, if there is one. */
export function findClaim(key: string): Claim | undefined {
	forgetExpired();
	const known = claims.get(key);
	return known && isExpired(known) ? undefined : known;
}

/**
 * Claims an image, unless somebody else has.
 *
 * @param force claims it whoever has it
 * @returns the claim that holds now, the owner's or somebody else's
 */
export function claim(key: string, owner: string, force = false): Claim {
	const earlier = findClaim(key);
	if (earlier && isTaken(earlier, owner) && !force) return earlier;
	claims.delete(key);
	// Another try of the same item goes on with what the first one submitted.
	const since = earlier?.owner === owner ? earlier.since : Date.now();
	const mine = { owner, since, isHeld: true, isFreed: false };
	claims.set(key, mine);
	return mine;
}

/** Whether a claim keeps somebody from claiming the same. */
export function isTaken({ isHeld, isFreed, owner }: Claim, by: string): boolean {
	return isHeld || !(isFreed || owner === by);
}

/** Ends a claim, if it still holds: the image is upscaled, or was surely not submitted. */
export function endClaim(key: string, mine: Claim): void {
	if (claims.get(key) !== mine) return;
	claims.delete(key);
	tell(key);
}

/** Takes back a claim that was made here only: for others nothing has changed. */
export function withdrawClaim(key: string, mine: Claim): void {
	if (claims.get(key) === mine) claims.delete(key);
}

/** Its owner is no longer at it, and does not know how it ends. */
export function leaveClaim(key: string, mine: Claim): void {
	mine.isHeld = false;
	if (mine.isFreed) tell(key);
}

/**
 * Gives an image free that a callback tells the end of, as soon as nobody here is at it. A trace
 * stays, for who can reach n8n's database to end the claim there, too.
 *
 * @param account of the client
 * @param submittedBefore what was claimed later is not meant, in milliseconds since 1970
 */
export function freeClaim(account: string, imageId: string, submittedBefore = Infinity): void {
	const key = claimKey(account, imageId);
	const earlier = findClaim(key);
	if (earlier && earlier.since >= submittedBefore) return;
	if (earlier?.isHeld) {
		earlier.isFreed = true;
		return;
	}
	claims.delete(key);
	claims.set(key, { owner: '', since: Date.now(), isHeld: false, isFreed: true });
	tell(key);
}

/** Hears of claims that end, as long as somebody wants to know. */
export class ClaimEnds {
	private readonly ended = new Set<string>();
	private woken = new AbortController();

	constructor(private readonly keys: string[]) {
		keys.forEach((key) => watchers.set(key, (watchers.get(key) ?? new Set()).add(this)));
	}

	/** Called at the end of a claim. */
	hear(key: string): void {
		this.ended.add(key);
		this.woken.abort();
	}

	/**
	 * Waits until a claim has ended.
	 *
	 * @param milliseconds how long at most
	 * @returns the keys of those that have ended since the last time
	 */
	async next(milliseconds: number, stop?: AbortSignal): Promise<string[]> {
		const signals = stop ? [stop, this.woken.signal] : [this.woken.signal];
		await delay(milliseconds, AbortSignal.any(signals));
		const ended = [...this.ended];
		this.ended.clear();
		this.woken = new AbortController();
		return ended;
	}

	close(): void {
		for (const key of this.keys) {
			const all = watchers.get(key);
			all?.delete(this);
			if (all?.size === 0) watchers.delete(key);
		}
	}
}

function tell(key: string): void {
	watchers.get(key)?.forEach((watcher) => watcher.hear(key));
}

/** From the oldest on; what its owner is at stays. */
function forgetExpired(): void {
	const now = Date.now();
	if (Math.abs(now - forgottenAt) < FORGET_EVERY) return;
	forgottenAt = now;
	for (const [key, { since, isHeld }] of claims) {
		if (since > now - CLAIM_LIFETIME) return;
		if (!isHeld) claims.delete(key);
	}
}

function isExpired({ since, isHeld }: Claim): boolean {
	return !isHeld && since <= Date.now() - CLAIM_LIFETIME;
}
