import { createHash, randomUUID } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

import { delay } from '../../shared/delay';

/** What n8n's database says to a claim: nobody has it, or somebody since this or last clock hour. */
export type Answer = 'mine' | 'thisHour' | 'lastHour';

/** What came of asking for some images, by their IDs. */
export interface Asked {
	answers: Map<string, Answer>;
	/** How long the call took, in milliseconds. */
	took: number;
	/** Looks what holds some moments later. */
	confirm: () => Promise<Map<string, Answer>>;
}

/** What was asked in one call. */
interface Question {
	answers: Map<string, Answer>;
	took: number;
	/** Whether what somebody else has claimed is claimed anew. */
	renews: boolean;
	/** Recorded together with the claims. */
	mark: string;
	/** When to look whether the mark is still there, in milliseconds since 1970. */
	lookAt: number;
	/** What that look saw. */
	isThere?: boolean;
}

type Helpers = IExecuteFunctions['helpers'];

/** What this process knows of a node's row in n8n's database. */
interface Row {
	/** Keys that it recorded and that nobody took back, by hour. */
	readonly recorded: Map<number, Set<string>>;
	/** Keys that nobody holds any longer, and that are still to be taken back. */
	readonly ended: Set<string>;
	/** When keys were last taken back, in milliseconds since 1970. */
	flushedAt: number;
	/** The last call: they are made one at a time. */
	lastCall: Promise<unknown>;
}

const HOUR = 60 * 60 * 1000;
/** The most that n8n keeps for a node. */
const MAX_ENTRIES = 100_000;
/** How often to try a call that fails. */
const TRIES = 4;
/** The first pause between these tries, in milliseconds: each is twice as long as the one before. */
const TRY_PAUSE = 200;
/** How long a database that could not be asked is left alone, in milliseconds. */
const REST = 60_000;
/** When to look whether what was recorded has gone, in milliseconds: at least. */
const LOOK_AGAIN = { after: 30, spread: 20 };
/** A call that took longer, in milliseconds, was stuck: others do not take as long after that. */
const LONGEST_CALL = 5000;
/** How often to record again what has gone; each time the spread doubles. */
const ROUNDS = 8;

/** How long keys that nobody holds wait for others, to be taken back in one call, in milliseconds. */
const FLUSH_EVERY = 1000;
/** The most keys that wait for a database that is away: it may never come back. */
const MOST_ENDED = 10_000;
/** The most keys that are taken back in one call because their time is over. */
const EXPIRED_AT_ONCE = 100;

/** By workflow and node. */
const rows = new Map<string, Row>();

/**
 * A node's claims in n8n's database, which survive a crash, and which all workers see. n8n keeps the
 * hashes of what it is asked for in one row for each node, with no time, and no question without
 * recording: so the hour is in the key, and a question is a claim. It reads the row, changes it and
 * writes it back without a lock, so that two workers can undo what the other recorded.
 */
export class ClaimStore {
	/** Those whose marks nobody has looked at yet. */
	private readonly unconfirmed = new Set<Question>();
	/** Until when the database is left alone, in milliseconds since 1970: it could not be asked. */
	private restsUntil = 0;
	private readonly row: Row;

	/** @param account what tells the account from others */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly account: string,
	) {
		this.row = rowOf(`${context.getWorkflow().id}/${context.getNode().id}`);
	}

	/** Whether the database could not be asked of late. */
	get isBroken(): boolean {
		return Date.now() < this.restsUntil;
	}

	/**
	 * Claims images, for one to two hours.
	 *
	 * A mark is recorded together with them. If it is gone some moments later, another worker has
	 * written back what it had read before: then what is recorded now is that one's, and the rest is
	 * asked for again. Whatever is asked next looks at the mark on the way, once these moments are over.
	 *
	 * @param renews whether they are claimed though somebody has, and for as long as if nobody had
	 */
	async claim(imageIds: string[], renews = false): Promise<Asked> {
		if (imageIds.length === 0) {
			return { answers: new Map(), took: 0, confirm: async () => new Map() };
		}
		const question = await this.ask(imageIds, renews);
		const { answers, took } = question;
		return { answers, took, confirm: async () => await this.confirm(question) };
	}

	/** Takes claims back: at once for this process, with one of the next calls for others. */
	end(imageId: string): void {
		const hour = currentHour();
		for (const key of [this.key(imageId, hour), this.key(imageId, hour - 1)]) {
			const isRecorded =
				[...this.row.recorded.values()].filter((keys) => keys.delete(key)).length > 0;
			// What could not be recorded may be another process's by now.
			if (isRecorded || !this.isBroken) this.row.ended.add(key);
		}
	}

	/** Leaves nothing in the database but the claims that hold. */
	async finish(): Promise<void> {
		this.unconfirmed.forEach((question) => this.endMark(question));
		await this.flush();
	}

	private async flush(): Promise<void> {
		const { row } = this;
		row.flushedAt = Date.now();
		await this.call(async ({ removeProcessed }) => {
			const keys = [...row.ended];
			if (keys.length > 0) await removeProcessed(keys, 'node', { mode: 'entries' });
			keys.forEach((key) => row.ended.delete(key));
		});
		if (this.isBroken && row.ended.size > MOST_ENDED) row.ended.clear();
	}

	/** @param round how often these have been asked for */
	private async ask(imageIds: string[], renews: boolean, round = 1): Promise<Question> {
		this.endExpired();
		if (Math.abs(Date.now() - this.row.flushedAt) >= FLUSH_EVERY) await this.flush();
		const hour = currentHour();
		const mark = randomUUID();
		const keys = imageIds.flatMap((id) => [this.key(id, hour), this.key(id, hour - 1)]);
		const asked = await this.call(async (helpers) => {
			const startedAt = Date.now();
			const known = await this.record(helpers, [...keys, mark], this.due);
			const took = Date.now() - startedAt;
			return { answers: this.judge(imageIds, hour, known, renews), took };
		});
		const answers = asked?.answers ?? new Map(imageIds.map((id) => [id, 'mine' as const]));
		const took = Math.min(asked?.took ?? 0, LONGEST_CALL);
		// Who had read the row before may take as long to write it back as it took here.
		const after = Math.max(LOOK_AGAIN.after, 2 * took);
		const spread = Math.max(LOOK_AGAIN.spread, 4 * took) * 2 ** (round - 1);
		const lookAt = Date.now() + after + Math.random() * spread;
		const question = { answers, took, renews, mark, lookAt };
		this.unconfirmed.add(question);
		if (mineOf(answers).length === 0) this.endMark(question);
		// Who claims them meanwhile would lose this hour's keys, were they taken back later.
		if (!renews && [...answers.values()].includes('lastHour')) await this.flush();
		return question;
	}

	/** @returns those that were recorded before; the marks are looked at on the way */
	private async record(
		{ checkProcessedAndRecord }: Helpers,
		keys: string[],
		marked: Set<Question>,
	): Promise<Set<string>> {
		const marks = [...marked].map(({ mark }) => mark);
		const options = { mode: 'entries', maxEntries: MAX_ENTRIES } as const;
		const { processed } = await checkProcessedAndRecord([...keys, ...marks], 'node', options);
		const known = new Set(processed.map(String));
		for (const question of marked) {
			question.isThere = known.has(question.mark);
			this.endMark(question);
		}
		return known;
	}

	private judge(
		imageIds: string[],
		hour: number,
		known: Set<string>,
		renews: boolean,
	): Map<string, Answer> {
		const answers = new Map<string, Answer>();
		for (const id of imageIds) {
			const now = this.key(id, hour);
			const before = this.key(id, hour - 1);
			const isHeld = (key: string) => known.has(key) && !this.row.ended.has(key);
			if (isHeld(now)) {
				answers.set(id, 'thisHour');
			} else if (isHeld(before)) {
				answers.set(id, 'lastHour');
				// The question has recorded this hour's key, and would renew the claim for ever.
				if (renews) this.hold(hour, now);
				else this.row.ended.add(now);
			} else {
				answers.set(id, 'mine');
				[now, before].forEach((key) => this.hold(hour, key));
			}
		}
		return answers;
	}

	private hold(hour: number, key: string): void {
		this.row.ended.delete(key);
		const known = this.row.recorded.get(hour) ?? new Set();
		this.row.recorded.set(hour, known.add(key));
	}

	/** Some of the claims that nobody has ended, and that hold no longer. */
	private endExpired(): void {
		const { recorded, ended } = this.row;
		for (const [hour, keys] of recorded) {
			if (hour >= currentHour() - 1) return;
			const expired = [...keys].slice(0, EXPIRED_AT_ONCE);
			for (const key of expired) {
				ended.add(key);
				keys.delete(key);
			}
			if (keys.size === 0) recorded.delete(hour);
		}
	}

	private async confirm(question: Question): Promise<Map<string, Answer>> {
		const confirmed = new Map(question.answers);
		for (let round = 1; mineOf(confirmed).length > 0 && !this.isBroken; round += 1) {
			await this.lookAtMark(question);
			if (question.isThere ?? true) break;

			const mine = mineOf(confirmed);
			if (round === ROUNDS) {
				// Better to wait for nobody than to pay twice.
				mine.forEach((id) => confirmed.set(id, 'thisHour'));
				break;
			}
			question = await this.ask(mine, question.renews, round + 1);
			question.answers.forEach((answer, id) => confirmed.set(id, answer));
		}
		return confirmed;
	}

	private async lookAtMark(question: Question): Promise<void> {
		await delay(Math.max(0, question.lookAt - Date.now()));
		await this.call(async (helpers) => {
			if (question.isThere === undefined) await this.record(helpers, [], this.due.add(question));
		});
	}

	/** Those whose marks are to be looked at. */
	private get due(): Set<Question> {
		return new Set([...this.unconfirmed].filter(({ lookAt }) => lookAt <= Date.now()));
	}

	private endMark(question: Question): void {
		this.unconfirmed.delete(question);
		this.row.ended.add(question.mark);
	}

	/** Once the database could not be asked, it is left alone for a while. */
	private async call<T>(work: (helpers: Helpers) => Promise<T>): Promise<T | undefined> {
		const { helpers } = this.context;
		return await inTurn(this.row, async () => {
			for (let tries = 1; !this.isBroken; tries += 1) {
				try {
					return await work(helpers);
				} catch (error) {
					const isMissing = helpers.checkProcessedAndRecord === undefined;
					// The first two writers of a node can meet, and a database can be away for a moment.
					if (isMissing || tries === TRIES) this.giveUp(error, isMissing ? Infinity : REST);
					else await delay(TRY_PAUSE * 2 ** (tries - 1));
				}
			}
			return undefined;
		});
	}

	private giveUp(error: unknown, rest: number): void {
		const isFirst = this.restsUntil === 0;
		this.restsUntil = Date.now() + rest;
		if (!isFirst) return;
		const { name } = this.context.getNode();
		this.context.logger.warn(
			`DeepMode node "${name}": what is in work cannot be recorded in n8n's database, so that only this process knows of it (${String(error)})`,
		);
	}

	private key(imageId: string, hour: number): string {
		const parts = JSON.stringify([this.account, imageId, hour]);
		return createHash('sha256').update(parts).digest('base64');
	}
}

function currentHour(): number {
	return Math.floor(Date.now() / HOUR);
}

function mineOf(answers: Map<string, Answer>): string[] {
	return [...answers].filter(([, answer]) => answer === 'mine').map(([id]) => id);
}

function rowOf(node: string): Row {
	const row = rows.get(node) ?? {
		recorded: new Map(),
		ended: new Set(),
		flushedAt: 0,
		lastCall: Promise.resolve(),
	};
	rows.set(node, row);
	return row;
}

/** @param work never rejects */
async function inTurn<T>(row: Row, work: () => Promise<T>): Promise<T> {
	const call = row.lastCall.then(work);
	row.lastCall = call;
	return await call;
}
