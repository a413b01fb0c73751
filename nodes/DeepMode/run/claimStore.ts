import { createHash, randomUUID } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

import { delay } from '../../shared/delay';

/** What n8n's database says to a claim: nobody has it, or somebody since this or last clock hour. */
export type Answer = 'mine' | 'thisHour' | 'lastHour';

/** What came of asking for some images, by their IDs. */
export interface Asked {
	answers: Map<string, Answer>;
	/** Looks what holds some moments later. */
	confirm: () => Promise<Map<string, Answer>>;
}

/** What was asked in one call. */
interface Question {
	answers: Map<string, Answer>;
	/** Recorded together with the claims. */
	mark: string;
	/** In milliseconds since 1970. */
	askedAt: number;
}

const HOUR = 60 * 60 * 1000;
/** The most that n8n keeps for a node. */
const MAX_ENTRIES = 100_000;
/** How often to ask again after an error, or when what was recorded has gone. */
const TRIES = 4;
/** When to look whether what was recorded has gone, in milliseconds. */
const LOOK_AGAIN = { after: 20, spread: 40 };

/** The most keys that are taken back in one call because their time is over. */
const EXPIRED_AT_ONCE = 100;

/** Keys that this process recorded and that nobody took back, by node and hour. */
const recorded = new Map<string, Map<number, Set<string>>>();
/** The last call to the database in this process, by node: they are made one at a time. */
const calls = new Map<string, Promise<unknown>>();

/**
 * A node's claims in n8n's database, which survive a crash, and which all workers see. n8n keeps the
 * hashes of what it is asked for in one row for each node, with no time, and no question without
 * recording: so the hour is in the key, and a question is a claim. It reads the row, changes it and
 * writes it back without a lock, so that two workers can undo what the other recorded.
 */
export class ClaimStore {
	/** Keys that are to go with the next call. */
	private readonly ended: string[] = [];
	/** What was recorded together with claims. */
	private readonly marks = new Set<string>();
	/** Whether the database could not be asked. */
	isBroken = false;
	private readonly node: string;

	/** @param account what tells the account from others */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly account: string,
	) {
		this.node = `${context.getWorkflow().id}/${context.getNode().id}`;
	}

	/**
	 * Claims images, for one to two hours.
	 *
	 * A mark is recorded together with them. If it is gone some moments later, another worker has
	 * written back what it had read before: then what is recorded now is that one's, and the rest is
	 * asked for again.
	 */
	async claim(imageIds: string[]): Promise<Asked> {
		if (imageIds.length === 0) return { answers: new Map(), confirm: async () => new Map() };
		const question = await this.ask(imageIds);
		let confirmed: Promise<Map<string, Answer>> | undefined;
		const confirm = async () => await (confirmed ??= this.confirm(question));
		return { answers: question.answers, confirm };
	}

	/** Takes claims back, with the next call. */
	end(imageId: string): void {
		const hour = currentHour();
		for (const key of [this.key(imageId, hour), this.key(imageId, hour - 1)]) {
			this.ended.push(key);
			for (const keys of this.recorded.values()) keys.delete(key);
		}
	}

	/** Leaves nothing in the database but the claims that hold. */
	async finish(): Promise<void> {
		this.ended.push(...this.marks);
		this.marks.clear();
		await this.flush();
	}

	/** Takes back now what has ended. */
	private async flush(): Promise<void> {
		const keys = this.ended.splice(0);
		if (keys.length === 0) return;
		await this.call(async ({ removeProcessed }) => {
			await removeProcessed(keys, 'node', { mode: 'entries' });
		});
	}

	private async ask(imageIds: string[]): Promise<Question> {
		this.endExpired();
		await this.flush();
		const hour = currentHour();
		const mark = randomUUID();
		this.marks.add(mark);
		const keys = imageIds.flatMap((id) => [this.key(id, hour), this.key(id, hour - 1)]);
		const known = await this.record([...keys, mark]);
		const answers = new Map<string, Answer>();
		for (const id of imageIds) {
			const isThisHour = known?.has(this.key(id, hour));
			const isLastHour = known?.has(this.key(id, hour - 1));
			answers.set(id, isThisHour ? 'thisHour' : isLastHour ? 'lastHour' : 'mine');
			// The question has recorded this hour's key, and would renew the claim for ever.
			if (isLastHour && !isThisHour) this.ended.push(this.key(id, hour));
		}
		const mine = imageIds.filter((id) => answers.get(id) === 'mine');
		this.remember(
			hour,
			mine.flatMap((id) => [this.key(id, hour), this.key(id, hour - 1)]),
		);
		return { answers, mark, askedAt: Date.now() };
	}

	private get recorded(): Map<number, Set<string>> {
		return recorded.get(this.node) ?? new Map();
	}

	private remember(hour: number, keys: string[]): void {
		const hours = this.recorded;
		recorded.set(this.node, hours.set(hour, new Set([...(hours.get(hour) ?? []), ...keys])));
	}

	/** Some of the claims that nobody has ended, and that hold no longer. */
	private endExpired(): void {
		for (const [hour, keys] of this.recorded) {
			if (hour >= currentHour() - 1) return;
			const expired = [...keys].slice(0, EXPIRED_AT_ONCE);
			this.ended.push(...expired);
			expired.forEach((key) => keys.delete(key));
			if (keys.size === 0) this.recorded.delete(hour);
		}
	}

	private async confirm({ answers, mark, askedAt }: Question): Promise<Map<string, Answer>> {
		const confirmed = new Map(answers);
		const mine = () => [...confirmed].filter(([, answer]) => answer === 'mine').map(([id]) => id);
		for (let tries = 1; mine().length > 0 && !this.isBroken; tries += 1) {
			const lookAt = askedAt + LOOK_AGAIN.after + Math.random() * LOOK_AGAIN.spread;
			await delay(Math.max(0, lookAt - Date.now()));
			const isThere = (await this.record([mark]))?.has(mark) ?? true;
			if (isThere) break;
			if (tries === TRIES) {
				// Better to wait for nobody than to pay twice.
				mine().forEach((id) => confirmed.set(id, 'thisHour'));
				break;
			}
			const asked = await this.ask(mine());
			asked.answers.forEach((answer, id) => confirmed.set(id, answer));
			({ mark, askedAt } = asked);
		}
		return confirmed;
	}

	/** @returns those that were recorded before; nothing if the database cannot be asked */
	private async record(keys: string[]): Promise<Set<string> | undefined> {
		const options = { mode: 'entries', maxEntries: MAX_ENTRIES } as const;
		return await this.call(async ({ checkProcessedAndRecord }) => {
			const { processed } = await checkProcessedAndRecord(keys, 'node', options);
			return new Set(processed.map(String));
		});
	}

	/** Once the database could not be asked, it is left alone for the rest of the run. */
	private async call<T>(
		work: (helpers: IExecuteFunctions['helpers']) => Promise<T>,
	): Promise<T | undefined> {
		if (this.isBroken) return undefined;
		const { helpers, logger } = this.context;
		const result = await inTurn(this.node, async () => {
			for (let tries = 1; ; tries += 1) {
				try {
					return { value: await work(helpers) };
				} catch (error) {
					// The first two writers of a node can meet.
					if (tries === TRIES || helpers.checkProcessedAndRecord === undefined) return { error };
				}
			}
		});
		if ('value' in result) return result.value;
		if (!this.isBroken) {
			logger.warn(
				`DeepMode node "${this.context.getNode().name}": what is in work cannot be recorded in n8n's database, so that only this process knows of it (${String(result.error)})`,
			);
		}
		this.isBroken = true;
		return undefined;
	}

	private key(imageId: string, hour: number): string {
		const parts = JSON.stringify([this.account, imageId, hour]);
		return createHash('sha256').update(parts).digest('base64');
	}
}

function currentHour(): number {
	return Math.floor(Date.now() / HOUR);
}

async function inTurn<T>(node: string, work: () => Promise<T>): Promise<T> {
	const call = (calls.get(node) ?? Promise.resolve()).then(work);
	calls.set(node, call);
	try {
		return await call;
	} finally {
		if (calls.get(node) === call) calls.delete(node);
	}
}
