import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { injectDomainRestrictionFields } from 'n8n-workflow';

import { DeepModeApi } from '../../../credentials/DeepModeApi.credentials';
import { DeepMode } from '../../../nodes/DeepMode/DeepMode.node';
import { DeepModeTrigger } from '../../../nodes/DeepModeTrigger/DeepModeTrigger.node';
import { readDocument } from './markdown';

const nodeFields = new DeepMode().description.properties;
const isText = ({ type }: INodeProperties) => type === 'notice' || type === 'callout';
const optionsOf = (property: INodeProperties) => (property.options ?? []) as INodePropertyOptions[];

/** The fields of an operation, whatever else has to be chosen for them to be shown. */
const fieldsOf = (resource: string, operation: string) =>
	nodeFields.filter(({ name, displayOptions: { show } = {} }) => {
		const isShown = (parameter: string, value: string) =>
			show?.[parameter] === undefined || show[parameter].includes(value);
		return (
			name !== 'resource' &&
			name !== 'operation' &&
			name !== 'toolDescription' &&
			isShown('resource', resource) &&
			isShown('operation', operation)
		);
	});

/** Every operation, with its name in the editor. */
const operations = nodeFields
	.filter(({ name }) => name === 'operation')
	.flatMap((property) =>
		optionsOf(property).map(({ name, value }) => ({
			place: `docs/operations.md#${name}`,
			fields: fieldsOf(String(property.displayOptions?.show?.resource?.[0]), String(value)),
		})),
	);

const places: Array<{ place: string; fields: INodeProperties[] }> = [
	{
		place: 'README.md#Set up the credential',
		// With what n8n adds to a credential that signs requests.
		fields: injectDomainRestrictionFields(new DeepModeApi()),
	},
	...operations,
	{
		place: 'docs/callbacks.md#The parameters of the trigger',
		fields: new DeepModeTrigger().description.properties,
	},
];

interface Row {
	name: string;
	default: string;
	/** What can be chosen. */
	choices: string[];
}

/** How a field is to be written down: those of a collection by themselves. */
function toRows(fields: INodeProperties[], prefix = ''): Row[] {
	return fields
		.filter((field) => !isText(field))
		.flatMap((field) =>
			field.type === 'collection'
				? toRows(field.options as INodeProperties[], `${field.displayName} → `)
				: {
						name: prefix + field.displayName,
						default: defaultOf(field),
						choices: optionsOf(field).map(({ name }) => name),
					},
		);
}

function defaultOf(field: INodeProperties): string {
	const { type, default: value } = field;
	if (type === 'boolean') return value === true ? 'on' : 'off';
	if (type === 'options') return optionsOf(field).find((option) => option.value === value)!.name;
	if (type === 'multiOptions') return optionsOf(field).length === (value as []).length ? 'all' : '';
	return type === 'number' || value === '' ? String(value) : `\`${String(value)}\``;
}

describe.each(places)('$place', ({ place, fields }) => {
	const [file = '', heading] = place.split('#');
	const document = readDocument(file);
	const [, ...written] =
		document.tables.find((table) => table.heading === heading && table.rows[0]?.[1] === 'default')
			?.rows ?? [];
	const rows = toRows(fields);

	it('is there', () => {
		expect(document.text).toContain(`# ${heading}\n`);
	});

	it('has each parameter with its default, and no other', () => {
		const pairs = written.map(([name, value]) => ({ name, default: value }));

		expect(pairs.sort(byName)).toEqual(
			rows.map(({ name, default: value }) => ({ name, default: value })).sort(byName),
		);
	});

	it('names all that can be chosen', () => {
		const forgotten = rows.flatMap(({ name, choices }) => {
			const text =
				written
					.find((row) => row[0] === name)
					?.slice(1)
					.join(' ') ?? '';
			return choices.filter((choice) => !text.includes(choice)).map((choice) => [name, choice]);
		});

		expect(forgotten).toEqual([]);
	});
});

function byName(a: { name?: string }, b: { name?: string }): number {
	return String(a.name).localeCompare(String(b.name));
}
