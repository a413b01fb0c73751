import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { checkParameter } from '../../../shared/checkParameter';
import { maxFileSizeOption } from '../../../shared/files/maxFileSize';
import { runBatch } from '../../run/batch';
import { addCostOption } from '../../run/cost';
import {
	maxConcurrencyOption,
	maxCreditsOption,
	readRunOptions,
	timeoutOption,
} from '../../run/options';
import { prepareRun } from '../../run/run';
import { toolDescriptionField } from '../../run/tool';
import { compareWithBalance, ifTooFewCreditsOption } from './enoughCredits';
import { endingWithFiles } from './endingWithFiles';
import { modeFields, optionsField, pictureFields } from './fields';
import { CallbackTargets } from './handOver/callbackTargets';
import type { Generation } from './imageGeneration';
import { creditsToSubmit, generateImages } from './imageGeneration';
import { readBinaryField, readMode, readText } from './parameters';

const show = { resource: ['image'], operation: ['generate'] };

export const generateFields: INodeProperties[] = [
	toolDescriptionField(
		"Makes new images from a prompt, with the user's own DeepMode model. Costs the user 1 credit for each image, and more if the tool is set to upscale it, too; each call makes new ones and is paid again, so call it once for each wish. Takes seconds to minutes. Where it takes a model ID, that comes from the user or another tool: never make one up. Returns one JSON object for each image: its id, which upscaling takes, and image_url, where the picture can be fetched for one hour. If it fails, it returns an error, and a message that says what to do and whether credits may be spent: do not call it again where that is not known.",
		show,
	),
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
	...pictureFields({ ...show, mode: ['sync'] }),
	optionsField(
		[
			addCostOption,
			ifTooFewCreditsOption,
			maxConcurrencyOption,
			maxCreditsOption,
			maxFileSizeOption,
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

/**
 * Generates images from the prompt of each item, with the user's own model. In sync mode the images
 * come out, one item per image with the API's own fields; in async mode what DeepMode says to the
 * submission.
 */
export async function generate(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch(this, async () => {
		const isAsync = readMode(this) === 'async';
		const run = await prepareRun(this, readRunOptions(this));
		const targets = new CallbackTargets(this, run.client.apiKey);
		const field = isAsync ? undefined : readBinaryField(this);
		return {
			maxConcurrency: run.options.maxConcurrency,
			addCost: run.options.addCost,
			read: (itemIndex): Generation => ({
				parameters: readParameters(this, itemIndex),
				...(isAsync && { callback: targets.read(itemIndex, 'image.generated', '') }),
			}),
			start: async (jobs) => {
				await compareWithBalance(run, jobs, await creditsToSubmit(run, jobs));
			},
			work: async (job) => {
				const deadline = Date.now() + run.options.timeout;
				return await endingWithFiles(
					run,
					await generateImages(run, job, deadline),
					field,
					deadline,
				);
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
		model_id: readText(context, 'modelId', 'model ID', itemIndex).trim(),
		prompt: readText(context, 'prompt', 'prompt', itemIndex),
		...(negativePrompt && { negative_prompt: negativePrompt }),
		...(count !== undefined && { num_images: count }),
		...(ratio && { ratio }),
		...(upscale !== undefined && { upscale }),
	};
}
