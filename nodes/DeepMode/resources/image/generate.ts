import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import type { Ending, Job } from '../../run/batch';
import { runBatch } from '../../run/batch';
import { shorten } from '../../../shared/api/apiMessage';
import { CallbackTargets } from './handOver/callbackTargets';
import { withFiles } from '../../../shared/files/withFiles';
import { lookUntilAnswered } from '../../../shared/api/imageReader';
import { endsBatch, generationUnknown, notSent, refused } from './messages';
import { judgeGeneration, judgeSubmission } from '../../../shared/api/outcome';
import {
	checkParameter,
	readBatchOptions,
	readBinaryField,
	readMode,
	readText,
} from './parameters';
import type { Run } from '../../run/run';
import { prepareRun } from '../../run/run';
import { isTool } from '../../run/tool';
import {
	downloadFields,
	maxConcurrencyOption,
	modeFields,
	optionsField,
	timeoutOption,
} from './fields';

const show = { resource: ['image'], operation: ['generate'] };

export const generateFields: INodeProperties[] = [
	{
		displayName: 'Model ID',
		name: 'modelId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. a9f7e5d1c3a2f91e3d5c6',
		description: 'The ID of your DeepMode model',
		displayOptions: { show },
	},
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 3 },
		required: true,
		default: '',
		placeholder: 'e.g. A beautiful landscape with mountains and a river',
		description: 'What the image is to show. An image costs 1 credit.',
		displayOptions: { show },
	},
	...modeFields(show),
	...downloadFields({ ...show, mode: ['sync'] }),
	optionsField(
		[
			maxConcurrencyOption,
			{
				displayName: 'Negative Prompt',
				name: 'negativePrompt',
				type: 'string',
				default: '',
				placeholder: 'e.g. rainy, foggy',
				description: 'What the image is not to show',
			},
			{
				displayName: 'Number of Images',
				name: 'numImages',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 8 },
				default: 1,
				description: 'How many images to make, 1 to 8',
			},
			{
				displayName: 'Ratio',
				name: 'ratio',
				type: 'options',
				options: [
					{ name: 'Portrait', value: 'portrait' },
					{ name: 'Square', value: 'square' },
				],
				default: 'portrait',
				description: 'The shape of the image',
			},
			timeoutOption,
			{
				displayName: 'Upscale',
				name: 'upscale',
				type: 'boolean',
				default: false,
				description: 'Whether to enlarge the image to four times its width and height, too',
			},
		],
		show,
	),
];

/** What an item asks for. */
interface Generation {
	/** In the API's own names. */
	parameters: IDataObject;
	/** Async mode: where the result goes, signed. */
	callback?: string;
}

/**
 * Generates images from the prompt of each item, with the user's own model. In sync mode the images
 * come out, one item per image with the API's own fields; in async mode what DeepMode says to the
 * submission.
 */
export async function generate(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch(this, async () => {
		const isAsync = readMode(this) === 'async';
		const run = await prepareRun(this, readBatchOptions(this));
		const targets = new CallbackTargets(this, run.client.apiKey);
		const field = isAsync ? undefined : readBinaryField(this);
		return {
			maxConcurrency: run.options.maxConcurrency,
			read: (itemIndex): Generation => ({
				parameters: readParameters(this, itemIndex),
				...(isAsync && { callback: targets.read(itemIndex, 'image.generated', '') }),
			}),
			work: async (job) => {
				const deadline = Date.now() + run.options.timeout;
				return await withFiles(run, await submit(run, job, deadline), field, deadline);
			},
			done: () => {
				run.tally.report(this);
				targets.hint();
			},
			note: () =>
				run.tally.generated.length > 0
					? `These images were generated before that: ${run.tally.generated.join(', ')}.`
					: '',
		};
	});
}

/** There is no image ID to look at yet, so what is not known stays so, in all tries. */
async function submit(run: Run, job: Job<Generation>, deadline: number): Promise<Ending> {
	const { client, memory, sender, tally } = run;
	const { parameters, callback } = job.input;
	const itemIndex = job.itemIndexes[0] as number;
	const name = `what item ${itemIndex} asks for`;
	const request = requestOf(run, parameters);

	const finished = memory.finished(itemIndex, request);
	if (finished) return toItems(finished);
	const open = memory.open(itemIndex, request);
	if (open) return notKnown(name, open.seen, callback);
	if (!job.maySend()) return { left: true };
	const earlier = memory.finishedEarlier(itemIndex, request);
	// The user may have changed the prompt before the retry.
	const isSame = earlier?.every(({ prompt }) => prompt === parameters.prompt);
	if (earlier && isSame && !callback) return await refreshed(run, earlier, deadline);

	const outcome = await sender.send(
		{
			send: async (timeout) => {
				memory.submitting(itemIndex, request);
				return await client.generate(parameters, timeout, callback);
			},
			judge: callback ? judgeSubmission : judgeGeneration,
			maySend: job.maySend,
		},
		deadline,
	);
	const finish = (items: IDataObject[]): Ending => {
		memory.finish(itemIndex, request, items);
		return toItems(items);
	};
	switch (outcome?.is) {
		case 'image':
		case 'images': {
			const images = outcome.is === 'image' ? [outcome.image] : outcome.images;
			tally.generated.push(...images.map(({ id }) => String(id)));
			tally.missing += Math.max(0, Number(parameters.num_images ?? 1) - images.length);
			return finish(images);
		}
		case 'acknowledged':
			return finish([{ ...outcome.body, mode: 'async' }]);
		case 'unknown':
			memory.unanswered(itemIndex, request, outcome);
			return notKnown(name, outcome.seen, callback);
		case 'refused': {
			memory.notAccepted(itemIndex, request);
			const isModel = outcome.status === 404;
			const subject = {
				name: isModel ? `model "${shorten(String(parameters.model_id), 60)}"` : name,
				action: 'generate',
				advice: 'Check the model ID, the prompt and the options.',
			};
			return { failure: refused(subject, outcome), endsBatch: endsBatch(outcome) };
		}
		default:
			memory.notAccepted(itemIndex, request);
			return job.maySend() ? { failure: notSent(name, outcome), endsBatch: false } : { left: true };
	}
}

/**
 * What tells a request from another in one execution: for a tool its parameters; else the item alone,
 * since the parameters of one item may come out differently in each try.
 */
function requestOf(run: Run, parameters: IDataObject): string {
	return isTool(run.context) ? JSON.stringify(parameters) : '';
}

/** The images of an earlier execution, with fresh URLs. */
async function refreshed(run: Run, items: IDataObject[], deadline: number): Promise<Ending> {
	const images = await Promise.all(
		items.map(async (item) => {
			const outcome = await lookUntilAnswered(
				run,
				String(item.id),
				deadline,
				() => !run.stop?.aborted,
			);
			return outcome?.is === 'image' ? outcome.image : item;
		}),
	);
	return toItems(images);
}

function toItems(items: IDataObject[]): Ending {
	return { items: items.map((json) => ({ json })) };
}

/** With a callback on its way it is no error: the callback may still come. */
function notKnown(name: string, seen: string, callback: string | undefined): Ending {
	return callback
		? { items: [{ json: { mode: 'async', accepted: 'unknown', message: seen } }] }
		: { failure: generationUnknown(name, seen), endsBatch: false };
}

function readParameters(context: IExecuteFunctions, itemIndex: number): IDataObject {
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const { negativePrompt, numImages, ratio, upscale } = options;
	const check = (isRight: boolean, rule: string, value: unknown) =>
		checkParameter(context, isRight, rule, value, 'Nothing was sent for this item.', itemIndex);
	const isNumber = typeof numImages === 'number' || /^\d+$/.test(String(numImages));
	const count = numImages === undefined ? undefined : isNumber ? Number(numImages) : NaN;
	check(
		count === undefined || (Number.isInteger(count) && count >= 1 && count <= 8),
		'Number of Images must be a whole number from 1 to 8',
		numImages,
	);
	check(
		ratio === undefined || ratio === 'portrait' || ratio === 'square',
		'Ratio must be "portrait" or "square"',
		ratio,
	);
	check(
		upscale === undefined || typeof upscale === 'boolean',
		'Upscale must be on or off',
		upscale,
	);
	check(
		negativePrompt === undefined || typeof negativePrompt === 'string',
		'Negative Prompt must be a text',
		negativePrompt,
	);
	return {
		model_id: readText(context, 'modelId', 'model ID', itemIndex),
		prompt: readText(context, 'prompt', 'prompt', itemIndex),
		...(negativePrompt && { negative_prompt: negativePrompt }),
		...(count !== undefined && { num_images: count }),
		...(ratio && { ratio }),
		...(upscale !== undefined && { upscale }),
	};
}
