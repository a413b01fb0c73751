import type { IExecuteFunctions, INode } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { shorten } from './failure';

/** What a run's items have in common, read once. */
export interface BatchOptions {
	/** How long an image may take in all, in milliseconds. */
	timeout: number;
	/** Images in flight at once, 1 to 100. */
	maxConcurrency: number;
}

/** @throws NodeOperationError if an option is out of its range */
export function readBatchOptions(context: IExecuteFunctions): BatchOptions {
	const options = context.getNodeParameter('options', 0, {});
	const timeout = Number(options.timeout ?? 300);
	const maxConcurrency = Number(options.maxConcurrency ?? 10);
	if (!(timeout >= 1 && timeout <= 86_400)) {
		throw new NodeOperationError(context.getNode(), 'Timeout must be 1 to 86400 seconds', {
			description: `It is ${display(options.timeout)} now. Change it in the node's options.`,
		});
	}
	if (!(Number.isInteger(maxConcurrency) && maxConcurrency >= 1 && maxConcurrency <= 100)) {
		throw new NodeOperationError(
			context.getNode(),
			'Max Concurrency must be a whole number from 1 to 100',
			{
				description: `It is ${display(options.maxConcurrency)} now. Change it in the node's options.`,
			},
		);
	}
	return { timeout: timeout * 1000, maxConcurrency };
}

/**
 * Reads an item's image ID. IDs are opaque: anything that can be one segment of a URL's path is
 * one, and a number, as spreadsheets give it, is its digits.
 *
 * @throws NodeOperationError if there is none, or none that could be sent
 */
export function readImageId(context: IExecuteFunctions, itemIndex: number): string {
	const value = context.getNodeParameter('imageId', itemIndex);
	const imageId = typeof value === 'number' ? String(value) : value;
	const problem = problemWithId(imageId);
	if (problem) throw invalidImageId(context.getNode(), problem, itemIndex);
	return imageId as string;
}

/** Whether something can be an image ID and a segment of a URL's path. */
export function isImageId(value: unknown): value is string {
	return problemWithId(value) === undefined;
}

function problemWithId(imageId: unknown): string | undefined {
	if (imageId === undefined || imageId === null || imageId === '') return 'is missing';
	if (typeof imageId !== 'string') return `is no text but ${display(imageId)}`;
	if (imageId.trim() === '') return 'is blank';
	// URL parsers take these for "here" and "one up", even when they are encoded.
	if (imageId === '.' || imageId === '..') return `cannot be "${imageId}"`;
	if (/\p{Cc}/u.test(imageId)) return `${display(imageId)} has control characters in it`;
	if (/\p{Cs}/u.test(imageId)) return `${display(imageId)} has broken characters in it`;
	return undefined;
}

function invalidImageId(node: INode, problem: string, itemIndex: number): NodeOperationError {
	return new NodeOperationError(node, `The image ID ${problem}`, {
		itemIndex,
		description:
			'Enter the ID of an image in your DeepMode account, e.g. {{ $json.id }} from an earlier node. Nothing was sent for this item.',
	});
}

/** How an image is called in messages. */
export function imageName(imageId: string): string {
	return `image "${shorten(imageId, 60)}"`;
}

function display(value: unknown): string {
	return shorten(JSON.stringify(value) ?? String(value), 60);
}
