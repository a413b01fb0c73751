import { writeFileSync } from 'node:fs';

import type { Question } from './question';
import { withoutKey, withoutSignatures } from './secrets';
import { WRONGLY, type Finding } from './verdict';

/** A question, and what it found. */
export interface Row extends Finding {
	asks: string;
	assumes: string;
}

/** Prints what is found, and keeps a file of it; nothing leaves it with the key or a signed URL. */
export class Report {
	readonly rows: Row[] = [];
	private readonly opening: string[] = [];
	private readonly closing: string[] = [];

	/**
	 * @param options.print takes a line for people
	 * @param options.saveTo a file for Markdown, which is written anew after each question
	 * @throws when the file cannot be written
	 */
	constructor(
		private readonly options: {
			apiKey: string;
			print: (text: string) => void;
			saveTo?: string;
		},
	) {
		this.save();
	}

	/** Says what is asked, where and when. */
	open(line: string): void {
		this.opening.push(line);
		this.print(line);
	}

	add({ asks, assumes }: Question, finding: Finding): void {
		this.rows.push({ asks, assumes, ...finding });
		this.print(
			[
				`\n${this.rows.length}. ${asks}`,
				`   seen     ${finding.seen}`,
				`   assumed  ${assumes}`,
				`   verdict  ${finding.verdict}`,
			].join('\n'),
		);
		this.save();
	}

	/** Says what came out of it all. */
	close(line: string): void {
		this.closing.push(line);
		this.print(`\n${line}`);
		this.save();
	}

	/** The questions whose answers the package would take wrongly. */
	get takenWrongly(): Row[] {
		return this.rows.filter(({ verdict }) => verdict.startsWith(WRONGLY));
	}

	private print(text: string): void {
		this.options.print(this.clean(text));
	}

	private save(): void {
		const { saveTo } = this.options;
		if (saveTo === undefined) return;
		const table = [
			['question', 'seen', 'this package assumes', 'verdict'],
			['---', '---', '---', '---'],
			...this.rows.map(({ asks, seen, assumes, verdict }) => [asks, seen, assumes, verdict]),
		].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
		const parts = ['# What the DeepMode API does', ...this.opening, table.join('\n')];
		writeFileSync(saveTo, this.clean([...parts, ...this.closing, ''].join('\n\n')));
	}

	private clean(text: string): string {
		// A terminal is not to do what an answer says.
		const harmless = text.replace(/(?!\n)\p{Cc}/gu, ' ');
		return withoutSignatures(withoutKey(harmless, this.options.apiKey));
	}
}

/** A cell of a table in Markdown. */
const cell = (text: string) =>
	text.replace(/\s+/g, ' ').replaceAll('<', '&lt;').replaceAll('|', '\\|');
