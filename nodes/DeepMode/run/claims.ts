import type { Claim } from '../../shared/inWork';
import {
	claim,
	claimKey,
	endClaim,
	findClaim,
	isTaken,
	leaveClaim,
	withdrawClaim,
} from '../../shared/inWork';
import type { Answer, ClaimStore } from './claimStore';
import type { RunOptions } from './options';

/** Somebody else has an image in work. */
export interface InWork {
	/** Since when, roughly, in words: "for about 5 minutes". */
	since: string;
	/** Whether they are still at it, in this process: they may yet give it back. */
	isHeld?: boolean;
}

/** Claims run ahead of the lanes as far as the lanes get in so many milliseconds. */
const AHEAD = 200;
/** Where an image takes longer than so many milliseconds, it does not matter what a claim takes. */
const SLOW = 300;
/** Both hold for a database that answers in so many milliseconds; for a slower one they are more. */
const USUAL_CALL = 20;
/** What is slower still is rather stuck, and a crash would leave the more claimed. */
const SLOWEST = 10;
const MINUTE = 60_000;

/** An image whose turn will come. */
export interface Upcoming {
	imageId: string;
	/** Who claims it: the same in every try. */
	owner: string;
}

/** What was asked for together. */
interface Slice {
	/** Those that are somebody else's. */
	taken: Map<string, InWork>;
	/** Looks again which these are. */
	confirm: () => Promise<void>;
}

/** A claim that holds. */
interface Held {
	claim: Claim;
	/** Whether an earlier try of the same item made it, too. */
	isOwn: boolean;
	/** Whether somebody else has the image in work, which did not keep this run from claiming it. */
	isShared: boolean;
	isSent: boolean;
}

/**
 * A run's claims: an image is claimed before it is submitted, so that nobody else submits it.
 *
 *     claim (this process, then n8n's database) ──somebody else's──▶ not submitted, waited for
 *      │ mine
 *     look ──upscaled──▶ end
 *      │
 *     confirm ──overwritten by another worker──▶ not submitted, waited for
 *      │ still mine
 *     sent ──upscaled──▶ end
 *      ├──surely not accepted──▶ given back
 *      └──else──▶ kept, until somebody sees it upscaled, a callback frees it, or two hours are over
 *
 * Images are asked for together: those whose turn has come and, where images are quick, some ahead
 * of the lanes, but no more than they soon get to, since a crash leaves these claimed and not sent.
 */
export class Claims {
	private readonly upcoming: Upcoming[] = [];
	private upcomingIndex = 0;
	private readonly owners = new Map<string, string>();
	private readonly held = new Map<string, Held>();
	/** What was asked for, by image. */
	private readonly slices = new Map<string, Promise<Slice>>();
	/** Whose turn has come, and that go with the next question. */
	private readonly waiting = new Set<string>();
	/** Asked for before their turn. */
	private readonly early = new Set<string>();
	private next: Promise<Slice> | undefined;
	private last: Promise<unknown> = Promise.resolve();
	/** When the last images came, as many as there are lanes, in milliseconds since 1970. */
	private readonly starts: number[] = [];
	/** How many to claim ahead of the lanes. */
	private ahead = 0;
	/** How many times slower than usual the database is; 1 if it is not. */
	private slowness = 1;
	private readonly confirming: Array<Promise<unknown>> = [];
	/** Whether an image was to be submitted: then the next will be, too. */
	private submits = false;

	/**
	 * @param account what tells the account from others
	 * @param options with `submitsAgain`, images are claimed though somebody else has them in work
	 */
	constructor(
		private readonly store: ClaimStore,
		private readonly account: string,
		private readonly options: RunOptions,
	) {}

	/** Tells of an image that will be claimed, after those told before. */
	expect(image: Upcoming): void {
		this.upcoming.push(image);
		this.owners.set(image.imageId, image.owner);
	}

	/** Claims what comes first, ahead of its turn, which is soon: by then it can be confirmed at once. */
	async claimFirst(images: Upcoming[]): Promise<void> {
		for (const { imageId, owner } of images) {
			this.owners.set(imageId, owner);
			this.early.add(imageId);
			this.askFor(imageId).catch(() => undefined);
		}
		await this.next?.catch(() => undefined);
	}

	/** Whether this process knows that somebody else has an image in work; it is not claimed. */
	isElsewhere({ imageId, owner }: Upcoming): boolean {
		if (this.options.submitsAgain || this.held.has(imageId)) return false;
		const known = findClaim(this.keyOf(imageId));
		return known !== undefined && isTaken(known, owner);
	}

	/** @returns nothing if the image is claimed; else it must not be submitted */
	async claim(imageId: string): Promise<InWork | undefined> {
		this.early.delete(imageId);
		this.paceAhead();
		const asked = this.slices.get(imageId) ?? this.askFor(imageId);
		this.askAhead();
		return this.takenFrom(await asked, imageId);
	}

	/** Asks again, right before the submission. @returns as `claim` */
	async confirm(imageId: string): Promise<InWork | undefined> {
		this.submits = true;
		// Whose claim it is does not matter then, and that ours stays is seen to meanwhile.
		if (this.options.submitsAgain) return undefined;
		const slice = await this.slices.get(imageId);
		await slice?.confirm();
		return slice && this.takenFrom(slice, imageId);
	}

	/** The submission leaves now: the claim is kept, unless it is ended. */
	sent(imageId: string): void {
		const mine = this.held.get(imageId);
		if (mine) mine.isSent = true;
	}

	/** DeepMode has the image, or may have, and this run is no longer at it. */
	leave(imageId: string): void {
		const mine = this.held.get(imageId);
		if (mine) leaveClaim(this.keyOf(imageId), mine.claim);
	}

	/** This run has surely not submitted the image: the claim ends, unless it is not the only one. */
	giveBack(imageId: string): void {
		const mine = this.held.get(imageId);
		if (!mine) return;
		const key = this.keyOf(imageId);
		// Who submits again has taken it over.
		const isTakenOver = findClaim(key) !== mine.claim;
		if (!mine.isShared && !isTakenOver) {
			this.end(imageId);
			return;
		}
		this.forget(imageId);
		leaveClaim(key, mine.claim);
	}

	/** The image is upscaled, whoever has claimed it. */
	end(imageId: string): void {
		const mine = this.forget(imageId);
		this.store.end(imageId);
		if (mine) endClaim(this.keyOf(imageId), mine);
	}

	/** Gives back what was claimed and not sent, and leaves the rest to be found by others. */
	async finish(): Promise<void> {
		await (this.next ?? this.last).catch(() => undefined);
		await Promise.all(this.confirming);
		for (const [imageId, { claim: mine, isOwn, isSent }] of this.held) {
			if (!isOwn && !isSent) {
				this.giveBack(imageId);
				continue;
			}
			// Who submits again has not waited to hear whether the claim stayed.
			if (this.options.submitsAgain) await (await this.slices.get(imageId))?.confirm();
			leaveClaim(this.keyOf(imageId), mine);
		}
		await this.store.finish();
	}

	/** Whether other processes know of these claims, and theirs are known. */
	get areShared(): boolean {
		return !this.store.isBroken;
	}

	/** What tells an image in work to the whole process. */
	keyOf(imageId: string): string {
		return claimKey(this.account, imageId);
	}

	/** What n8n's database says of a slice. */
	private judge(taken: Map<string, InWork>, answers: Map<string, Answer>): void {
		for (const [imageId, answer] of answers) {
			const mine = this.held.get(imageId);
			if (answer === 'mine' || !mine || mine.isOwn) continue;
			mine.isShared = true;
			if (this.options.submitsAgain) continue;
			this.held.delete(imageId);
			withdrawClaim(this.keyOf(imageId), mine.claim);
			const since = answer === 'thisHour' ? 'for less than an hour' : 'for up to two hours';
			taken.set(imageId, { since });
		}
	}

	/** The next time, it is asked for anew. */
	private takenFrom({ taken }: Slice, imageId: string): InWork | undefined {
		const inWork = taken.get(imageId);
		if (inWork) this.slices.delete(imageId);
		return inWork;
	}

	private forget(imageId: string): Claim | undefined {
		const mine = this.held.get(imageId)?.claim;
		this.held.delete(imageId);
		this.slices.delete(imageId);
		return mine;
	}

	/** Whoever comes while a question is under way goes along with the next. */
	private askFor(imageId: string): Promise<Slice> {
		this.waiting.add(imageId);
		this.next ??= this.askNext();
		this.slices.set(imageId, this.next);
		return this.next;
	}

	private async askNext(): Promise<Slice> {
		await this.last.catch(() => undefined);
		const slice = this.next as Promise<Slice>;
		this.next = undefined;
		const isTheirTurn = [...this.waiting].some((imageId) => !this.early.has(imageId));
		for (const imageId of this.nextUpcoming(this.ahead - this.early.size)) {
			this.waiting.add(imageId);
			this.early.add(imageId);
			this.slices.set(imageId, slice);
		}
		const imageIds = [...this.waiting];
		this.waiting.clear();
		const asked = this.ask(imageIds, isTheirTurn);
		this.last = asked;
		return await asked;
	}

	private askAhead(): void {
		if (this.next || this.early.size >= this.ahead / 2) return;
		const [imageId] = this.nextUpcoming(1);
		if (imageId === undefined) return;
		this.early.add(imageId);
		this.askFor(imageId).catch(() => undefined);
	}

	private nextUpcoming(count: number): string[] {
		const next: string[] = [];
		for (; next.length < count; this.upcomingIndex += 1) {
			const image = this.upcoming[this.upcomingIndex];
			if (!image) break;
			if (!this.slices.has(image.imageId)) next.push(image.imageId);
		}
		return next;
	}

	private paceAhead(): void {
		const { maxConcurrency } = this.options;
		const now = Date.now();
		// One lane apart, if there were that many before: how long an image takes.
		const before = this.starts.length === maxConcurrency ? this.starts.shift() : undefined;
		this.starts.push(now);
		const taken = before === undefined ? Infinity : Math.max(1, now - before);
		const isSlow = taken > SLOW * this.slowness;
		const ahead = isSlow ? 0 : Math.floor((maxConcurrency * AHEAD * this.slowness) / taken);
		this.ahead = Math.min(ahead, 10 * maxConcurrency * this.slowness);
	}

	/** @param isTheirTurn whether one of them is waited for; else whatever is asked next confirms them */
	private async ask(imageIds: string[], isTheirTurn: boolean): Promise<Slice> {
		const { submitsAgain } = this.options;
		const taken = new Map<string, InWork>();
		for (const imageId of imageIds) {
			const key = this.keyOf(imageId);
			const owner = this.owners.get(imageId) ?? '';
			const earlier = findClaim(key);
			const holds = claim(key, owner, submitsAgain);
			if (holds === earlier) {
				taken.set(imageId, { since: sinceInWords(earlier.since), isHeld: earlier.isHeld });
				this.slices.delete(imageId);
				continue;
			}
			const isOwn = earlier?.owner === owner;
			const isShared = earlier !== undefined && !isOwn && !earlier.isFreed;
			this.held.set(imageId, { claim: holds, isOwn, isShared, isSent: false });
			if (earlier?.isFreed) this.store.end(imageId);
		}
		const free = imageIds.filter((imageId) => !taken.has(imageId));
		const asked = await this.store.claim(free, submitsAgain);
		this.judge(taken, asked.answers);
		this.slowness = Math.min(SLOWEST, Math.max(1, asked.took / USUAL_CALL));
		let confirmed: Promise<void> | undefined;
		const confirm = async () => await (confirmed ??= judged());
		const judged = async () => this.judge(taken, await asked.confirm());
		const submits = this.submits || submitsAgain;
		// It takes some moments, which the look needs anyway.
		if (submits && isTheirTurn) this.confirming.push(confirm());
		return { taken, confirm };
	}
}

function sinceInWords(since: number): string {
	const minutes = Math.round((Date.now() - since) / MINUTE);
	if (minutes < 1) return 'for less than a minute';
	return `for about ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`;
}
