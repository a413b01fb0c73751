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
export const CLAIM_LIFETIME = 2 * 60 * 60 * 1000;

/** The oldest first. */
const claims = new Map<string, Claim>();
/** Those who wait for a claim to end. */
const waiters = new Map<string, Set<() => void>>();

/** What tells an image of one account from all others; nothing can be read from an account's hash. */
export function claimKey(account: string, imageId: string): string {
	return `${account}/${imageId}`;
}

/** The claim on an image, if there is one. */
export function findClaim(key: string): Claim | undefined {
	forgetExpired();
	return claims.get(key);
}

/**
 * Claims an image, unless somebody else has.
 *
 * @param force claims it whoever has it
 * @returns the claim that holds now, the owner's or somebody else's
 */
export function claim(key: string, owner: string, force = false): Claim {
	const earlier = findClaim(key);
	const isFree = !earlier || earlier.isFreed || (earlier.owner === owner && !earlier.isHeld);
	if (earlier && !isFree && !force) return earlier;
	claims.delete(key);
	const mine = { owner, since: Date.now(), isHeld: true, isFreed: false };
	claims.set(key, mine);
	return mine;
}

/** Ends a claim, if it still holds: the image is upscaled, or was surely not submitted. */
export function endClaim(key: string, mine: Claim): void {
	if (claims.get(key) !== mine) return;
	claims.delete(key);
	tell(key);
}

/**
 * Gives an image free that a callback tells the end of. A trace stays, for who can reach n8n's
 * database to end the claim there, too.
 */
export function freeClaim(key: string): void {
	claims.delete(key);
	claims.set(key, { owner: '', since: Date.now(), isHeld: false, isFreed: true });
	tell(key);
}

/** Resolves when one of the claims ends. */
export async function whenOneEnds(keys: string[], stop: AbortSignal): Promise<void> {
	await new Promise<void>((resolve) => {
		const leave = () => {
			keys.forEach((key) => removeWaiter(key, leave));
			stop.removeEventListener('abort', leave);
			resolve();
		};
		keys.forEach((key) => addWaiter(key, leave));
		stop.addEventListener('abort', leave, { once: true });
	});
}

function tell(key: string): void {
	[...(waiters.get(key) ?? [])].forEach((wake) => wake());
}

function addWaiter(key: string, wake: () => void): void {
	waiters.set(key, (waiters.get(key) ?? new Set()).add(wake));
}

function removeWaiter(key: string, wake: () => void): void {
	const all = waiters.get(key);
	all?.delete(wake);
	if (all?.size === 0) waiters.delete(key);
}

function forgetExpired(): void {
	const oldest = Date.now() - CLAIM_LIFETIME;
	for (const [key, { since }] of claims) {
		if (since > oldest) return;
		claims.delete(key);
	}
}
