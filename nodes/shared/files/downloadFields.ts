import type { INodeProperties } from 'n8n-workflow';

/** Which binary field a downloaded file is put into; shown where a download is wanted. */
export const outputFileField = (
	show: NonNullable<INodeProperties['displayOptions']>['show'] = {},
): INodeProperties => ({
	displayName: 'Put Output File in Field',
	name: 'binaryPropertyName',
	type: 'string',
	noDataExpression: true,
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the output binary field to put the file in',
	displayOptions: { show: { ...show, download: [true] } },
});
