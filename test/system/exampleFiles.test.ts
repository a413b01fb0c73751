import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { INode } from 'n8n-workflow';

import { EXAMPLES, exampleFile, exampleNames } from '../shared/examples';

interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** What a node takes up on the canvas, with the name below it. */
const NODE_SIZE = { width: 140, height: 130 };

const isNote = ({ type }: INode) => type === 'n8n-nodes-base.stickyNote';

function box(node: INode): Box {
	const [left, top] = node.position;
	const { width, height } = isNote(node) ? (node.parameters as typeof NODE_SIZE) : NODE_SIZE;
	return { name: node.name, left, top, right: left + width, bottom: top + height };
}

const isInside = (inner: Box, outer: Box) =>
	outer.left < inner.left &&
	outer.top < inner.top &&
	outer.right > inner.right &&
	outer.bottom > inner.bottom;

const overlap = (a: Box, b: Box) =>
	a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const overlaps = (boxes: Box[]) =>
	boxes.flatMap((a, index) =>
		boxes
			.slice(index + 1)
			.filter((b) => overlap(a, b))
			.map((b) => [a.name, b.name]),
	);

describe.each(exampleNames())('%s.json', (name) => {
	const { nodes } = exampleFile(name);
	const notes = nodes.filter(isNote).map(box);
	const others = nodes.filter((node) => !isNote(node)).map(box);

	it('holds no credentials', () => {
		expect(nodes.filter(({ credentials }) => credentials !== undefined)).toEqual([]);
	});

	it('leaves it to n8n what the URLs of its triggers are, so that no two imports share one', () => {
		expect(nodes.filter(({ webhookId }) => webhookId !== undefined)).toEqual([]);
	});

	it('is tidy: nothing overlaps, and each node lies in the note that explains it', () => {
		expect(overlaps(notes)).toEqual([]);
		expect(overlaps(others)).toEqual([]);
		expect(others.filter((node) => !notes.some((note) => isInside(node, note)))).toEqual([]);
	});

	it('is explained in the README beside it', () => {
		expect(readFileSync(join(EXAMPLES, 'README.md'), 'utf8')).toContain(`(${name}.json)`);
	});
});
