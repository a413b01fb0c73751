import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { maxFileSizeOption } from '../../../shared/files/maxFileSize';
import { imageName } from '../../../shared/text';
import type { Ending, Job } from '../../run/batch';
import { failedOrLeft, runBatch } from '../../run/batch';
import { maxConcurrencyOption, readRunOptions, timeoutOption } from '../../run/options';
import type { Run } from '../../run/run';
import { prepareRun } from '../../run/run';
import { toolDescriptionField } from '../../run/tool';
import { endingWithFiles } from './endingWithFiles';
import { imageIdField, optionsField, pictureFields } from './fields';
import { endsBatch, notRead, refused } from './messages';
import { readBinaryField, readImageId } from './parameters';

const show = { resource: ['image'], operation: ['get'] };

export const getFields: INodeProperties[] = [
	toolDescriptionField(
		"Reads one image of the user's DeepMode account. Costs nothing. Needs the image's ID in DeepMode, exactly as the user or another tool gave it: never make one up, and pass no file name and no URL. Returns the image as JSON: its id, its prompt, whether it is upscaled, and a fresh image_url, where the picture can be fetched for one hour. If it fails, it returns an error, and a message that says what to do.",
		show,
	),
	imageIdField('The ID of the image to read', show),
	...pictureFields(show),
	optionsField([maxConcurrencyOption, maxFileSizeOption, timeoutOption], show),
];

/**
 * Reads the image of each item, which is free, and makes a fresh URL for it.
 *
 * @returns one item per image with the API's own fields
 */
export async function get(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await runBatch(this, async () => {
		const run = await prepareRun(this, readRunOptions(this));
		const field = readBinaryField(this);
		return {
			maxConcurrency: run.options.maxConcurrency,
			read: (itemIndex) => readImageId(this, itemIndex),
			keyOf: (imageId) => imageId,
			work: async (job) => {
				const deadline = Date.now() + run.options.timeout;
				return await endingWithFiles(run, await read(run, job, deadline), field, deadline);
			},
		};
	});
}

async function read(run: Run, job: Job<string>, deadline: number): Promise<Ending> {
	const { input, maySend } = job;
	if (!maySend()) return { left: true };
	const outcome = await run.reader.lookUntilAnswered(input, deadline, maySend);
	if (outcome?.is === 'image') return { items: [{ json: outcome.image }] };
	if (outcome?.is === 'refused') {
		return {
			failure: refused(
				{ name: imageName(input), action: 'show', advice: 'Check the image ID.' },
				outcome,
			),
			endsBatch: endsBatch(outcome),
		};
	}
	return failedOrLeft(job, notRead(imageName(input), outcome), endsBatch(outcome));
}
