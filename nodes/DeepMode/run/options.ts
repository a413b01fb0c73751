import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { checkParameter } from '../../shared/checkParameter';
import { toNumber } from '../../shared/toNumber';

/** What a run's items have in common, read once. */
export interface RunOptions {
	/** Whether an image that is upscaled already is taken as it is. */
	returnsExisting: boolean;
	/** Whether an image that somebody else has in work is submitted all the same. */
	submitsAgain: boolean;
	/** Whether each item is to say what it cost. */
	addCost: boolean;
	/** The most credits that the node may spend in an execution; 0 for no limit. */
	maxCredits: number;
	/** What to do where the account's balance does not suffice. */
	ifTooFewCredits: 'tell' | 'stop';
	/** How long an item may take in all, in milliseconds. */
	timeout: number;
	/** Items in work at once, 1 to 100. */
	maxConcurrency: number;
}

export const maxConcurrencyOption: INodeProperties = {
	displayName: 'Max Concurrency',
	name: 'maxConcurrency',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 1, maxValue: 100 },
	default: 10,
	description:
		'How many items may be in work at the same time. It holds for the whole run, so it takes no expression.',
};

export const maxCreditsOption: INodeProperties = {
	displayName: 'Max Credits',
	name: 'maxCredits',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 0, maxValue: 1_000_000 },
	default: 0,
	description:
		'The most credits that this node may spend in an execution, counted over all its items, all rounds of a loop and all calls of an AI agent. 0 for no limit. What costs nothing still comes out. It takes no expression.',
};

export const timeoutOption: INodeProperties = {
	displayName: 'Timeout',
	name: 'timeout',
	type: 'number',
	noDataExpression: true,
	typeOptions: { minValue: 1, maxValue: 86_400 },
	default: 300,
	description:
		'How many seconds an item may take in all, from its own turn on. It holds for the whole run, so it takes no expression.',
};

/**
 * What costs credits is not sent with less time left to hear the answer.
 *
 * @returns milliseconds
 */
export function leastTime({ timeout }: RunOptions): number {
	return Math.min(10_000, timeout / 10);
}

const ADVICE = "Change it in the node's options. Nothing was sent.";

/** @throws NodeOperationError if an option is out of its range */
export function readRunOptions(context: IExecuteFunctions): RunOptions {
	const options = context.getNodeParameter('options', 0, {}) as IDataObject;
	const {
		addCost = false,
		ifUpscaled = 'returnExisting',
		ifInWork = 'wait',
		ifTooFewCredits = 'tell',
	} = options;
	checkParameter(
		context,
		ifUpscaled === 'returnExisting' || ifUpscaled === 'upscaleAgain',
		'If Already Upscaled must be "returnExisting" or "upscaleAgain"',
		ifUpscaled,
		ADVICE,
	);
	checkParameter(
		context,
		ifInWork === 'wait' || ifInWork === 'submitAgain',
		'If Still in Work must be "wait" or "submitAgain"',
		ifInWork,
		ADVICE,
	);
	checkParameter(
		context,
		ifTooFewCredits === 'tell' || ifTooFewCredits === 'stop',
		'If Too Few Credits must be "tell" or "stop"',
		ifTooFewCredits,
		ADVICE,
	);
	checkParameter(
		context,
		typeof addCost === 'boolean',
		'Add Cost to Output must be on or off',
		addCost,
		ADVICE,
	);
	return {
		addCost: addCost === true,
		returnsExisting: ifUpscaled === 'returnExisting',
		submitsAgain: ifUpscaled === 'upscaleAgain' || ifInWork === 'submitAgain',
		ifTooFewCredits: ifTooFewCredits === 'stop' ? 'stop' : 'tell',
		maxCredits: readNumberOption(context, maxCreditsOption),
		timeout: readNumberOption(context, timeoutOption, 'seconds') * 1000,
		maxConcurrency: readNumberOption(context, maxConcurrencyOption),
	};
}

/**
 * Reads a whole number that holds for the whole run. Its range is that of its field.
 *
 * @param unit if it has one
 * @throws NodeOperationError if it is out of its range
 */
export function readNumberOption(
	context: IExecuteFunctions,
	{ name, displayName, default: preset, typeOptions }: INodeProperties,
	unit?: string,
): number {
	const { minValue: min = -Infinity, maxValue: max = Infinity } = typeOptions ?? {};
	const { [name]: value = preset } = context.getNodeParameter('options', 0, {}) as IDataObject;
	const number = toNumber(value);
	checkParameter(
		context,
		Number.isInteger(number) && number >= min && number <= max,
		`${displayName} must be a whole number${unit ? ` of ${unit}` : ''} from ${min} to ${max}`,
		value,
		ADVICE,
	);
	return number;
}
