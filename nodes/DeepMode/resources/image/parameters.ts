import type { IExecuteFunctions, INode } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { problemWithImageId } from '../../../shared/api/imageId';
import { readDownloadField } from '../../../shared/files/downloadFields';
import { display } from '../../../shared/text';
import { isTool } from '../../run/tool';

/** How results get into a workflow. */
export type Mode = 'sync' | 'async' | 'pause';

/**
 * Reads how results get into a workflow, for the whole run.
 *
 * @throws NodeOperationError if there is no such mode
 */
export function readMode(context: IExecuteFunctions): Mode {
	const mode = context.getNodeParameter('mode', 0, 'sync');
	if (mode === 'sync' || mode === 'async' || mode === 'pause') return mode;
	throw new NodeOperationError(context.getNode(), `There is no mode "${String(mode)}"`, {
		description: 'Choose a mode in the node. Nothing was sent.',
	});
}

/**
 * @returns the binary field that files are put into; nothing if none are wanted
 * @throws NodeOperationError if the fields cannot be used
 */
export function readBinaryField(context: IExecuteFunctions): string | undefined {
	// n8n gives no files to an AI agent.
	if (isTool(context)) return undefined;
	return readDownloadField(context, (name, defaultValue) =>
		context.getNodeParameter(name, 0, defaultValue),
	);
}

/**
 * Reads a text that must not be missing.
 *
 * @param what how it is called in messages, e.g. "prompt"
 * @throws NodeOperationError if it is missing, blank or no text
 */
export function readText(
	context: IExecuteFunctions,
	parameter: string,
	what: string,
	itemIndex: number,
): string {
	const value = context.getNodeParameter(parameter, itemIndex);
	const text = Number.isSafeInteger(value) ? String(value) : value;
	if (typeof text === 'string' && text.trim() !== '') return text;
	throw new NodeOperationError(
		context.getNode(),
		`The ${what} is ${value === undefined || value === null || value === '' ? 'missing' : `no text but ${display(value)}`}`,
		{ itemIndex, description: `Enter the ${what}. Nothing was sent for this item.` },
	);
}

/**
 * Reads an item's image ID. IDs are opaque: anything that can be one segment of a URL's path is
 * one, and a number, as spreadsheets give it, is its digits. White space around it is nobody's ID,
 * but what comes with it when it is copied.
 *
 * @throws NodeOperationError if there is none, or none that could be sent
 */
export function readImageId(context: IExecuteFunctions, itemIndex: number): string {
	const value = context.getNodeParameter('imageId', itemIndex);
	// Larger numbers are not what they were when they were written down.
	const imageId = Number.isSafeInteger(value) ? String(value) : trimmed(value);
	const problem = problemWithImageId(imageId);
	if (problem) throw invalidImageId(context.getNode(), problem, itemIndex);
	return imageId as string;
}

/** What is nothing but white space stays, to be told as such. */
function trimmed(value: unknown): unknown {
	return typeof value === 'string' ? value.trim() || value : value;
}

function invalidImageId(node: INode, problem: string, itemIndex: number): NodeOperationError {
	return new NodeOperationError(node, `The image ID ${problem}`, {
		itemIndex,
		description:
			'Enter the ID of an image in your DeepMode account, e.g. {{ $json.id }} from an earlier node. Nothing was sent for this item.',
	});
}
