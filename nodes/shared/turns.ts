import { sleep } from 'n8n-workflow';

/** How long work may go on before others have their turn, in milliseconds. */
const LONGEST = 20;

/**
 * Long work in turns: between them n8n does what else it has to do, such as answering others. All who
 * share them have one turn together, or they would have theirs one right after the other.
 */
export class Turns {
	private startedAt = Date.now();
	private pause: Promise<void> | undefined;

	/** Waits for the next turn, if this one has been long enough. */
	async next(): Promise<void> {
		const taken = Date.now() - this.startedAt;
		// A clock can be set back.
		if (taken >= 0 && taken < LONGEST) return;
		this.pause ??= this.letOthers();
		await this.pause;
	}

	private async letOthers(): Promise<void> {
		await sleep(0);
		this.startedAt = Date.now();
		this.pause = undefined;
	}
}
