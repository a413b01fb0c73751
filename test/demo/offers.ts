import type { N8nClient } from '../e2e/harness/client';
import {
	ANSWERS,
	example,
	TRIGGER_PATH,
	withCredentials,
	withParameters,
} from '../shared/examples';
import type { StoredCredential, WorkflowFile } from '../shared/workflows';
import type { DemoApi } from './api';
import type { Services } from './services';

/** A workflow that is in n8n, ready to be run. */
export interface Offer {
	/** The example's file, without its extension. */
	example: string;
	workflowId: string;
	name: string;
	/** What to do there, and what will be seen. */
	see: string;
}

/** An example that is filled in, but for the credentials. */
interface Filled extends Pick<Offer, 'example' | 'see'> {
	workflow: WorkflowFile;
	/** A webhook that has to take calls. */
	webhookPath?: string;
}

/**
 * Puts the examples into n8n, filled in: those that run with the API that is used.
 *
 * @param credential for the API
 */
export async function makeOffers(
	n8n: N8nClient,
	credential: StoredCredential,
	api: DemoApi,
	{ credentials, files }: Services,
): Promise<Offer[]> {
	const filled = [
		upscaleOne(api),
		...(api.canCallBack ? [callBack(api, n8n.server.webhookUrl(TRIGGER_PATH))] : []),
		pause(api),
		...(api.modelId === undefined ? [] : [generate(api.modelId, files)]),
		nightly(files),
		agent(api),
		...(api.modelId === undefined ? [] : [askingAgent(api.modelId)]),
	];
	const offers: Offer[] = [];
	for (const { example, see, workflow, webhookPath } of filled) {
		const complete = withCredentials(workflow, [credential, ...credentials]);
		const workflowId = await n8n.createWorkflow(complete);
		if (webhookPath !== undefined) await n8n.activate(workflowId, webhookPath);
		offers.push({ example, workflowId, name: workflow.name ?? example, see });
	}
	return offers;
}

function upscaleOne({ images }: DemoApi): Filled {
	return {
		...upscaleOneImage(images.one),
		see: 'Execute it: after a moment "Upscale Image" puts out the image, with upscaled: true.',
	};
}

/** `upscale-one-image`, filled in. */
export function upscaleOneImage(imageId: string): { example: string; workflow: WorkflowFile } {
	const name = 'upscale-one-image';
	return { example: name, workflow: withAssignment(example(name), 'Image', 'image_id', imageId) };
}

function callBack({ images }: DemoApi, callbackUrl: string): Filled {
	const name = 'async-upscale-with-callback';
	const withImage = withAssignment(example(name), 'Image', 'image_id', images.calledBack);
	return {
		example: name,
		workflow: withParameters(withImage, 'Submit Upscale', { callbackUrl }),
		webhookPath: TRIGGER_PATH,
		see: 'Execute it: it ends at once. In the tab "Executions" a second run appears, with the result.',
	};
}

function pause({ images }: DemoApi): Filled {
	const name = 'pause-until-callback';
	const ids = { image_ids: [images.paused, images.pausedToo] };
	return {
		example: name,
		workflow: withParameters(example(name), 'Images', { jsonOutput: JSON.stringify(ids, null, 2) }),
		see: 'Execute it: it waits, nothing is held open, and both images come out of "Upscaled".',
	};
}

function generate(modelId: string, files: string): Filled {
	const name = 'generate-upscale-upload';
	return {
		example: name,
		workflow: withAssignment(example(name), 'Prompt', 'model_id', modelId),
		see: `Execute it: two large pictures are in ${files}/upscaled.`,
	};
}

function nightly(files: string): Filled {
	const name = 'nightly-batch';
	return {
		example: name,
		workflow: example(name),
		see: `Execute it: what ${files}/images.csv names is in ${files}/upscaled, a report in ${files}/reports.`,
	};
}

function agent({ images }: DemoApi): Filled {
	const name = 'ai-agent-tool';
	return {
		example: name,
		workflow: example(name),
		see: `Open the chat and write: Please upscale the image ${images.asked}. A stand-in for a model calls the tool, and says so.`,
	};
}

function askingAgent(modelId: string): Filled {
	const name = 'ai-agent-asks-first';
	return {
		example: name,
		workflow: withParameters(example(name), 'Generate Image', { modelId }),
		see: `Open the chat and write: Please make a large picture of a lake. It is made, and you are asked before it is upscaled: click "${ANSWERS.yes}".`,
	};
}

/** Sets a field of an Edit Fields node. */
function withAssignment(
	workflow: WorkflowFile,
	nodeName: string,
	field: string,
	value: string,
): WorkflowFile {
	const node = workflow.nodes.find(({ name }) => name === nodeName);
	const { assignments } = node?.parameters.assignments as {
		assignments: Array<{ name: string }>;
	};
	const filled = assignments.map((one) => (one.name === field ? { ...one, value } : one));
	return withParameters(workflow, nodeName, { assignments: { assignments: filled } });
}
