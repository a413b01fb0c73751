import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkflowFile } from '../e2e/harness/client';
import { ROOT } from '../e2e/harness/paths';

const FOLDER = join(ROOT, 'examples');

/** The trigger's path in `async-upscale-with-callback.json`. */
export const TRIGGER_PATH = '6f2d9c1e-3a4b-4c5d-8e6f-7a8b9c0d1e2f/deepmode';

/** What a user fills in, as the examples name it. */
export interface Values {
	'your image ID': string;
	'your model ID'?: string;
	'https://your-n8n.example.com/webhook/your-webhook-id/deepmode'?: string;
}

/** The example workflows, with what a user fills in. */
export function examples(values: Values): WorkflowFile[] {
	return readdirSync(FOLDER)
		.filter((name) => name.endsWith('.json'))
		.map((name) => example(name, values));
}

/** One of them, by its file's name. */
export function example(fileName: string, values: Values): WorkflowFile {
	const file = readFileSync(join(FOLDER, fileName), 'utf8');
	const filledIn = Object.entries(values).reduce(
		(text, [placeholder, value]) =>
			text.replaceAll(placeholder, JSON.stringify(value ?? placeholder).slice(1, -1)),
		file,
	);
	return JSON.parse(filledIn) as WorkflowFile;
}
