import type { IDataObject, IExecuteFunctions, INode } from 'n8n-workflow';
import { jsonParse, NodeOperationError } from 'n8n-workflow';

import { shorten } from '../../../shared/api/apiMessage';
import { isContextTooLong } from '../../../shared/callback/signature';
import { isRecord } from '../../../shared/api/image';
import { isTool } from '../../run/tool';

/** 30 days, in minutes. */
const LONGEST_WAIT = 43_200;

/** How results get into a workflow. */
export type Mode = 'sync' | 'async' | 'pause';

/** What a run's items have in common, read once. */
export interface BatchOptions {
	/** Whether an image that is upscaled already is taken as it is. */
	returnsExisting: boolean;
	/** How long an image may take in all, in milliseconds. */
	timeout: number;
	/** Images in work at once, 1 to 100. */
	maxConcurrency: number;
}

/**
 * @param rule what must be right, in words for the user
 * @param value what there is instead
 * @throws NodeOperationError if it is not right
 */
export function checkParameter(
	context: IExecuteFunctions,
	isRight: boolean,
	rule: string,
	value: unknown,
	advice: string,
	itemIndex?: number,
): void {
	if (isRight) return;
	throw new NodeOperationError(context.getNode(), rule, {
		itemIndex,
		description: `It is ${display(value)} now. ${advice}`,
	});
}

/** @throws NodeOperationError if an option is out of its range */
export function readBatchOptions(context: IExecuteFunctions): BatchOptions {
	const {
		ifUpscaled = 'returnExisting',
		timeout = 300,
		maxConcurrency = 10,
	} = context.getNodeParameter('options', 0, {}) as IDataObject;
	const advice = "Change it in the node's options. Nothing was sent.";
	const check = (isRight: boolean, rule: string, value: unknown) =>
		checkParameter(context, isRight, rule, value, advice);
	check(
		ifUpscaled === 'returnExisting' || ifUpscaled === 'upscaleAgain',
		'If Already Upscaled must be "returnExisting" or "upscaleAgain"',
		ifUpscaled,
	);
	check(
		Number(timeout) >= 1 && Number(timeout) <= 86_400,
		'Timeout must be 1 to 86400 seconds',
		timeout,
	);
	check(
		Number.isInteger(Number(maxConcurrency)) &&
			Number(maxConcurrency) >= 1 &&
			Number(maxConcurrency) <= 100,
		'Max Concurrency must be a whole number from 1 to 100',
		maxConcurrency,
	);
	return {
		returnsExisting: ifUpscaled === 'returnExisting',
		timeout: Number(timeout) * 1000,
		maxConcurrency: Number(maxConcurrency),
	};
}

/** @returns how long the execution may stay parked, in milliseconds */
export function readMaxWait(context: IExecuteFunctions): number {
	const { maxWait = 60 } = context.getNodeParameter('options', 0, {}) as IDataObject;
	checkParameter(
		context,
		Number(maxWait) >= 1 && Number(maxWait) <= LONGEST_WAIT,
		`Max Wait must be 1 to ${LONGEST_WAIT} minutes`,
		maxWait,
		"Change it in the node's options. Nothing was sent.",
	);
	return Number(maxWait) * 60_000;
}

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

/** @returns the binary field that files are put into; nothing if none are wanted */
export function readBinaryField(context: IExecuteFunctions): string | undefined {
	// n8n gives no files to an AI agent.
	if (isTool(context)) return undefined;
	const download = context.getNodeParameter('download', 0, false);
	if (download === false) return undefined;
	checkParameter(
		context,
		download === true,
		'Download Image must be on or off',
		download,
		'Nothing was sent.',
	);
	const field = context.getNodeParameter('binaryPropertyName', 0, 'data');
	if (typeof field === 'string' && field.trim() !== '') return field.trim();
	throw new NodeOperationError(context.getNode(), 'The output binary field has no name', {
		description: 'Enter a name in Put Output File in Field, e.g. data. Nothing was sent.',
	});
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
 * one, and a number, as spreadsheets give it, is its digits.
 *
 * @throws NodeOperationError if there is none, or none that could be sent
 */
export function readImageId(context: IExecuteFunctions, itemIndex: number): string {
	const value = context.getNodeParameter('imageId', itemIndex);
	// Larger numbers are not what they were when they were written down.
	const imageId = Number.isSafeInteger(value) ? String(value) : value;
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

/**
 * Reads where an item's result is to go.
 *
 * @throws NodeOperationError if it is no http(s) URL, or is a signed callback URL already
 */
export function readCallbackUrl(context: IExecuteFunctions, itemIndex: number): string {
	const value = context.getNodeParameter('callbackUrl', itemIndex);
	const text = typeof value === 'string' ? value.trim() : '';
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const description =
		'Enter the Production URL of a DeepMode Trigger, or any other address that DeepMode can reach. Nothing was sent for this item.';
	if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
		throw new NodeOperationError(
			context.getNode(),
			`The callback URL ${display(value)} is no http or https URL`,
			{ itemIndex, description },
		);
	}
	if ([...url.searchParams.keys()].some((name) => /^\[?dm_/.test(name))) {
		throw new NodeOperationError(
			context.getNode(),
			'The callback URL has a "dm_" parameter in its query, and these are added by this node',
			{ itemIndex, description },
		);
	}
	return text;
}

/**
 * Reads what an item's result is to bring back.
 *
 * @throws NodeOperationError if it is no JSON object, or too long for a URL
 */
export function readContext(context: IExecuteFunctions, itemIndex: number): IDataObject {
	const value = context.getNodeParameter('context', itemIndex, {});
	const json = typeof value === 'string' ? value || '{}' : (JSON.stringify(value) ?? '');
	const parsed = jsonParse<unknown>(json, { fallbackValue: null });
	if (!isRecord(parsed)) {
		throw new NodeOperationError(context.getNode(), 'The context is no valid JSON object', {
			itemIndex,
			description: `Enter an object such as { "row": 7 }, with quotes around the names; it is ${display(value)} now. Nothing was sent for this item.`,
		});
	}
	if (isContextTooLong(parsed)) {
		throw new NodeOperationError(context.getNode(), 'The context is too long for a callback URL', {
			itemIndex,
			description:
				'At most about 1500 characters of JSON fit in. Put an ID into it, and look the rest up when the result comes. Nothing was sent for this item.',
		});
	}
	return parsed;
}

/** How an image is called in messages. */
export function imageName(imageId: string): string {
	return `image "${shorten(imageId, 60)}"`;
}

function display(value: unknown): string {
	return shorten(JSON.stringify(value) ?? String(value), 60);
}
