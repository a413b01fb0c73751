/** One charge. A generate makes one per image. */
export interface Charge {
	/** Milliseconds since the epoch. */
	at: number;
	operation: 'upscale' | 'generate';
	image_id: string;
	credits: number;
}

/** The account's credits, and every charge to them. */
export class Ledger {
	readonly charges: Charge[] = [];

	/** @param balance the credits that are left */
	constructor(public balance: number) {}

	get spent(): number {
		return this.charges.reduce((sum, charge) => sum + charge.credits, 0);
	}

	/**
	 * Charges all of the images or none.
	 * @param credits per image
	 * @returns whether the balance sufficed
	 */
	charge(operation: Charge['operation'], imageIds: string[], credits: number): boolean {
		const total = imageIds.length * credits;
		if (total > this.balance) return false;
		this.balance -= total;
		const at = Date.now();
		for (const image_id of imageIds) this.charges.push({ at, operation, image_id, credits });
		return true;
	}
}
