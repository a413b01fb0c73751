import { DataDeduplicationService } from 'n8n-core';
import type {
	DeduplicationItemTypes,
	DeduplicationScope,
	ICheckProcessedContextData,
	ICheckProcessedOptions,
	IDataDeduplicator,
	IDeduplicationOutput,
} from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

type Items = DeduplicationItemTypes[];

/**
 * Stands in for n8n's deduplication helper and its table: like it, this reads a node's row, changes
 * it, and writes it back, without a lock.
 */
class Deduplicator implements IDataDeduplicator {
	readonly rows = new Map<string, Items>();
	/** How long writing takes after reading, in milliseconds. */
	gapMs = 0;
	/** What the database says instead, if it cannot be asked. */
	failure: Error | undefined;
	calls = 0;

	async checkProcessedAndRecord(
		items: Items,
		_: DeduplicationScope,
		context: ICheckProcessedContextData,
		{ maxEntries }: ICheckProcessedOptions,
	): Promise<IDeduplicationOutput> {
		const row = await this.read(context);
		const known = new Set(row);
		const isNew = (item: DeduplicationItemTypes) => !known.has(item);
		row.push(...items.filter(isNew));
		if (maxEntries) row.splice(0, row.length - maxEntries);
		await this.write(context, row);
		return { new: items.filter(isNew), processed: items.filter((item) => known.has(item)) };
	}

	async removeProcessed(
		items: Items,
		_: DeduplicationScope,
		context: ICheckProcessedContextData,
	): Promise<void> {
		const row = await this.read(context);
		const removed = new Set(items);
		await this.write(
			context,
			row.filter((item) => !removed.has(item)),
		);
	}

	async clearAllProcessedItems(): Promise<void> {
		this.rows.clear();
	}

	async getProcessedDataCount(): Promise<number> {
		return [...this.rows.values()].flat().length;
	}

	/**
	 * Another process, which reads a row and writes it back some moments later, so many times.
	 *
	 * @param pauseMs between two times, in milliseconds
	 */
	async overwrite(row: string, times: number, pauseMs = 0): Promise<void> {
		for (let time = 0; time < times; time += 1) {
			await sleep(pauseMs);
			const read = [...(this.rows.get(row) ?? [])];
			await sleep(30);
			this.rows.set(row, read);
		}
	}

	private async read({ workflow, node }: ICheckProcessedContextData): Promise<Items> {
		this.calls += 1;
		if (this.failure) throw this.failure;
		return [...(this.rows.get(`${workflow.id}/${node?.id}`) ?? [])];
	}

	private async write({ workflow, node }: ICheckProcessedContextData, row: Items): Promise<void> {
		if (this.gapMs > 0) await sleep(this.gapMs);
		this.rows.set(`${workflow.id}/${node?.id}`, row);
	}
}

/** n8n's database, as far as claims need it; one for all executions of a test file. */
export const deduplicator = new Deduplicator();

void DataDeduplicationService.init(deduplicator);
