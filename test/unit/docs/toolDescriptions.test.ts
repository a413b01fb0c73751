import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { DeepMode } from '../../../nodes/DeepMode/DeepMode.node';
import { readDocument } from './markdown';

const fields = new DeepMode().description.properties;
const ofOperation = ({ displayOptions }: INodeProperties) =>
	String(displayOptions?.show?.operation?.[0]);

const nameOf = new Map(
	fields
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options }) => options as INodePropertyOptions[])
		.map(({ name, value }) => [String(value), name]),
);
const descriptions = fields
	.filter(({ name }) => name === 'toolDescription')
	.map((field) => [nameOf.get(ofOperation(field)), field.default]);

it('each operation has a description for models, as docs/ai-agents.md has it', () => {
	const { tables } = readDocument('docs/ai-agents.md');
	const [, ...rows] =
		tables.find(({ heading }) => heading === 'What the model is told')?.rows ?? [];

	expect(descriptions).toHaveLength(nameOf.size);
	expect([...rows].sort()).toEqual([...descriptions].sort());
});

it("none is longer than OpenAI's API takes", () => {
	for (const [, text] of descriptions) expect(String(text).length).toBeLessThanOrEqual(1024);
});
