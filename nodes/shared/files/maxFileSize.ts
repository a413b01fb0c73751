import type { IDataObject, INode, INodeProperties } from 'n8n-workflow';

import { checkParameter } from '../checkParameter';
import { FinalProblem } from './finalProblem';

const MEGABYTE = 1024 * 1024;
/** In megabytes. */
const RANGE = { minValue: 1, maxValue: 10_000 };

/** What an operation or trigger that downloads has among its options. */
export const maxFileSizeOption: INodeProperties = {
	displayName: 'Max File Size',
	name: 'maxFileSize',
	type: 'number',
	typeOptions: RANGE,
	// It holds for the whole run: by expression, the first item would decide for all.
	noDataExpression: true,
	default: 200,
	description: 'How many megabytes a picture may have. A larger one is not downloaded.',
	displayOptions: { show: { '/download': [true] } },
};

/**
 * @returns bytes
 * @throws NodeOperationError if the option is out of its range
 */
export function readMaxFileSize(context: { getNode: () => INode }): number {
	const options = (context.getNode().parameters.options ?? {}) as IDataObject;
	const { maxFileSize = maxFileSizeOption.default } = options;
	const size = Number(maxFileSize);
	checkParameter(
		context,
		size >= RANGE.minValue && size <= RANGE.maxValue,
		`Max File Size must be ${RANGE.minValue} to ${RANGE.maxValue} megabytes`,
		maxFileSize,
		"Change it in the node's options. Nothing was sent.",
	);
	return size * MEGABYTE;
}

type Chunks = NodeJS.ReadableStream & {
	map: (pass: (chunk: Buffer) => Buffer) => NodeJS.ReadableStream;
};

/**
 * A file's bytes, as long as there are not too many of them.
 *
 * @param declared what the host says that it has, in bytes
 * @param most in bytes
 * @throws FinalProblem if it has more, at once or while it is read
 */
export function limitSize(
	body: NodeJS.ReadableStream,
	declared: number,
	most: number,
): NodeJS.ReadableStream {
	const tooLarge = () =>
		new FinalProblem(
			`the file has more than ${most / MEGABYTE} MB (Max File Size, in the options)`,
		);
	if (declared > most) throw tooLarge();
	let bytes = 0;
	return (body as Chunks).map((chunk) => {
		bytes += chunk.length;
		if (bytes > most) throw tooLarge();
		return chunk;
	});
}
