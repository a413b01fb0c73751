import type { IDisplayOptions, INode, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { checkParameter } from '../checkParameter';
import { readMaxFileSize } from './maxFileSize';

/**
 * Whether the picture itself is wanted, too, and into which binary field it goes.
 *
 * @param shown where these fields are shown
 * @param description of the switch
 */
export const downloadFields = (shown: IDisplayOptions, description: string): INodeProperties[] => [
	{
		displayName: 'Download Image',
		name: 'download',
		type: 'boolean',
		// It holds for the whole run: by expression, the first item would decide for all.
		noDataExpression: true,
		default: false,
		description,
		displayOptions: shown,
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		noDataExpression: true,
		required: true,
		default: 'data',
		placeholder: 'e.g. data',
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show: { ...shown.show, download: [true] } },
	},
];

/**
 * Reads the fields above.
 *
 * @param parameter the value of a parameter, or its default
 * @returns the binary field that files are put into; nothing if none are wanted
 * @throws NodeOperationError if they cannot be used
 */
export function readDownloadField(
	context: { getNode: () => INode },
	parameter: (name: string, defaultValue: unknown) => unknown,
): string | undefined {
	const download = parameter('download', false);
	if (download === false) return undefined;
	checkParameter(
		context,
		download === true,
		'Download Image must be on or off',
		download,
		'Nothing was sent.',
	);
	readMaxFileSize(context);
	const field = parameter('binaryPropertyName', 'data');
	if (typeof field === 'string' && field.trim() !== '') return field.trim();
	throw new NodeOperationError(context.getNode(), 'The output binary field has no name', {
		description: 'Enter a name in Put Output File in Field, e.g. data. Nothing was sent.',
	});
}
