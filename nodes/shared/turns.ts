import { sleep } from 'n8n-workflow';

/** How long work may go on before others have their turn, in milliseconds. */
const LONGEST = 20;

/** Long work in turns: between them n8n does what else it has to do, such as answering others. */
export class Turns {
	private startedAt = Date.now();

	/** Waits for the next turn, if this one has been long enough. */
	async next(): Promise<void> {
		const taken = Date.now() - this.startedAt;
		// A clock can be set back.
		if (taken >= 0 && taken < LONGEST) return;
		await sleep(0);
		this.startedAt = Date.now();
	}
}
