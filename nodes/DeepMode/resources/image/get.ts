import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { maxFileSizeOption } from '../../../shared/files/maxFileSize';
import { imageName } from '../../../shared/text';
import type { Ending, Job } from '../../run/batch';
import { runBatch } from '../../run/batch';
import { maxConcurrencyOption, readRunOptions, timeoutOption } from '../../run/options';
import type { Run } from '../../run/run';
import { prepareRun } from '../../run/run';
import { endingWithFiles } from './endingWithFiles';
import { imageIdField, optionsField, pictureFields } from './fields';
import { endsBatch, notRead, refused } from './messages';
import { readBinaryField, readImageId } from './parameters';

const show = { resource: ['image'], operation: ['get'] };

export const getFields: INodeProperties[] = [
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

async function read(run: Run, { input, maySend }: Job<string>, deadline: number): Promise<Ending> {
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
	return maySend()
		? { failure: notRead(imageName(input), outcome), endsBatch: endsBatch(outcome) }
		: { left: true };
}
