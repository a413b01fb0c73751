import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import MarkdownIt from 'markdown-it';

import { ROOT } from '../../shared/paths';

/** A fenced block, with the heading it stands under. */
export interface Block {
	heading: string;
	language: string;
	text: string;
}

/** A table, with the heading it stands under; the first row is its head. Cells are Markdown. */
export interface Table {
	heading: string;
	rows: string[][];
}

/** What the checks want to know of a Markdown file. */
export interface Document {
	/** From the root of the clone. */
	path: string;
	text: string;
	/** The anchors that GitHub gives its headings. */
	anchors: string[];
	/** Where its links and images lead. */
	links: string[];
	blocks: Block[];
	tables: Table[];
}

/** All Markdown files that users and contributors read. */
export const documents = globSync(['*.md', '{docs,examples,.github}/**/*.md'], { cwd: ROOT }).map(
	readDocument,
);

/** @param path from the root of the clone */
export function readDocument(path: string): Document {
	const text = readFileSync(join(ROOT, path), 'utf8');
	const document: Document = { path, text, anchors: [], links: [], blocks: [], tables: [] };
	let heading = '';
	let before: MarkdownIt.Token | undefined;
	for (const token of new MarkdownIt().parse(text, {})) {
		if (before?.type === 'heading_open') {
			heading = plainText(token);
			document.anchors.push(anchor(heading, document.anchors));
		}
		if (token.type === 'fence') {
			document.blocks.push({ heading, language: token.info, text: token.content });
		}
		if (token.type === 'table_open') document.tables.push({ heading, rows: [] });
		if (token.type === 'tr_open') document.tables.at(-1)?.rows.push([]);
		if (before?.type === 'th_open' || before?.type === 'td_open') {
			document.tables.at(-1)?.rows.at(-1)?.push(token.content);
		}
		document.links.push(...linksOf(token));
		before = token;
	}
	return document;
}

function plainText({ children }: MarkdownIt.Token): string {
	return (children ?? []).map(({ content }) => content).join('');
}

/** As GitHub makes it: small letters, no punctuation, hyphens for spaces, numbered if it repeats. */
function anchor(heading: string, earlier: string[]): string {
	const slug = heading
		.toLowerCase()
		.replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
		.replaceAll(' ', '-');
	const repeats = earlier.filter((other) => other.replace(/-\d+$/, '') === slug).length;
	return repeats === 0 ? slug : `${slug}-${repeats}`;
}

function linksOf({ children }: MarkdownIt.Token): string[] {
	return (children ?? [])
		.map((child) => child.attrGet(child.type === 'image' ? 'src' : 'href'))
		.filter((link) => typeof link === 'string');
}
