import type { Faults } from './faults';
import type { Settings } from './settings';
import type { Work } from './work';

/** One delivery of a callback. */
export interface Delivery {
	url: string;
	body: unknown;
	/** The receiver's answer. */
	status?: number;
	/** Why there was no answer. */
	error?: string;
}

/** Calls callbacks: JSON by POST, not tried again (DeepMode's docs tell of no retries). */
export class Callbacks {
	readonly deliveries: Delivery[] = [];

	constructor(
		private readonly settings: Settings,
		private readonly faults: Faults,
		private readonly work: Work,
	) {}

	/**
	 * @param key what its faults go by: the image's ID, for generate the model's
	 * @param body the image object, or for generate the images
	 */
	async call(url: string, key: string, body: unknown): Promise<void> {
		const fault = this.faults.forCallback(key) ?? {};
		if (fault.lost) return;
		await this.work.wait(fault.callbackDelayMs ?? 0);
		const sent = 'callbackBody' in fault ? fault.callbackBody : body;
		const repeats = fault.repeat ?? this.settings.callbackRepeats;
		for (let count = 0; count < repeats; count++) await this.deliver(url, sent);
	}

	private async deliver(url: string, body: unknown): Promise<void> {
		const delivery: Delivery = { url, body };
		this.deliveries.push(delivery);
		try {
			const answer = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
				redirect: 'manual',
				signal: this.work.signal,
			});
			delivery.status = answer.status;
			await answer.arrayBuffer();
		} catch (error) {
			delivery.error = String(error);
		}
	}
}
