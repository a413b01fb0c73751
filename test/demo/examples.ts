import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkflowFile } from '../e2e/harness/client';
import { ROOT } from '../e2e/harness/paths';

const FOLDER = join(ROOT, 'examples');

interface Assignment {
	name: string;
	value: unknown;
}

/** The example workflows, with an image of the user's in place of "your image ID". */
export function examples(imageId: string): WorkflowFile[] {
	return readdirSync(FOLDER)
		.filter((name) => name.endsWith('.json'))
		.map((name) => example(name, imageId));
}

/** One of them, by its file's name. */
export function example(fileName: string, imageId: string): WorkflowFile {
	const file = readFileSync(join(FOLDER, fileName), 'utf8');
	return withImageId(JSON.parse(file) as WorkflowFile, imageId);
}

/** Does what the user does in an Edit Fields node: fills in the value of `image_id`. */
function withImageId(workflow: WorkflowFile, imageId: string): WorkflowFile {
	for (const { parameters } of workflow.nodes) {
		const fields = parameters.assignments as { assignments?: Assignment[] } | undefined;
		for (const field of fields?.assignments ?? []) {
			if (field.name === 'image_id') field.value = imageId;
		}
	}
	return workflow;
}
