import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { DeepMode } from '../../nodes/DeepMode/DeepMode.node';
import type { Emulator } from '../emulator';
import { execute } from './engine';
import { useEmulator } from './useEmulator';

const { version } = new DeepMode().description;
// n8n's editor asks for the schemas of the very version that a workflow's node has.
const FOLDER = join(__dirname, `../../nodes/DeepMode/__schema__/v${String(version)}.0.0`);

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const optionsOf = (property: INodeProperties) => property.options as INodePropertyOptions[];

/** Every operation, as the node offers them. */
const operations = new DeepMode().description.properties
	.filter(({ name }) => name === 'operation')
	.flatMap((property) =>
		optionsOf(property).map(({ value }) => [
			String(property.displayOptions?.show?.resource?.[0]),
			String(value),
		]),
	);

/** What n8n's editor takes for an item's shape before the node has run. */
const schemaOf = (json: IDataObject) => ({
	type: 'object',
	properties: Object.fromEntries(
		Object.entries(json).map(([name, value]) => [name, { type: typeof value }]),
	),
	version: 1,
});

it.each(operations)('the fields of %s/%s are those that come out', async (resource, operation) => {
	const { outputs } = await execute(deepMode.credentials, [{ id: deepMode.addImage().id }], {
		parameters: {
			resource,
			operation,
			modelId: deepMode.modelId,
			prompt: 'a lake',
			// All that can come out.
			options: { addCost: true },
		} as never,
	});

	const file = readFileSync(join(FOLDER, resource as string, `${operation}.json`), 'utf8');
	expect(JSON.parse(file)).toEqual(schemaOf(outputs[0]?.[0]?.json as IDataObject));
});

it('describes no operation that is not there', () => {
	const described = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.json'))
		.sort();

	expect(described).toEqual(operations.map((names) => `${names.join('/')}.json`).sort());
});
