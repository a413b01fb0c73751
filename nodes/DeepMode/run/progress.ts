import type { IExecuteFunctions } from 'n8n-workflow';

import { creditsInWords } from '../../shared/api/prices';
import type { Ending, Job, Thrown } from './batch';

/** How often to tell, in milliseconds. */
const TELL_EVERY = 60_000;

/**
 * Tells now and then how far a long run is, in n8n's log. The editor shows nothing of a node that
 * runs but what goes to the browser's console when the run is started there.
 */
export class Progress {
	private done = 0;
	private credits = 0;
	private toldAt = Date.now();

	/** @param total number of items */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly total: number,
	) {}

	/** A job has ended, in whatever way. */
	ended({ itemIndexes }: Pick<Job<unknown>, 'itemIndexes'>, ending: Ending | Thrown): void {
		this.done += itemIndexes.length;
		if ('items' in ending) this.credits += ending.items.length * (ending.cost?.credits ?? 0);
		if (this.done === this.total || Date.now() - this.toldAt < TELL_EVERY) return;
		this.toldAt = Date.now();
		const line = `DeepMode node "${this.context.getNode().name}": ${this.done} of ${this.total} items are done, for ${creditsInWords(this.credits)} so far`;
		this.context.logger.info(line);
		this.context.sendMessageToUI(line);
	}
}
