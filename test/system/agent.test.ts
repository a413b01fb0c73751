import type { IDataObject, INode } from 'n8n-workflow';

import { useWorld } from '../e2e/world';
import { agentWith } from '../shared/agents';
import type { Execution } from '../shared/execution';
import { startOpenAiStub, type OpenAiStub } from '../shared/openAiStub';
import { chain, deepModeNode, node } from '../shared/workflows';
import { readDocument } from '../unit/docs/markdown';

const world = useWorld();
let model: OpenAiStub;

afterEach(async () => {
	await model?.stop();
});

interface Tool {
	parameters: IDataObject;
	settings?: Partial<INode>;
	agent?: number;
}

/**
 * Lets an AI Agent answer, with a DeepMode node as its only tool.
 *
 * @param tool parameters and settings of the node, and the version of the AI Agent
 * @param toolArguments what the model calls it with, all in one message
 */
async function ask(
	{ parameters, settings, agent }: Tool,
	...toolArguments: object[]
): Promise<Execution> {
	const tool = {
		...deepModeNode(world.credential, parameters, settings),
		name: 'Upscale for Customer',
		type: 'n8n-nodes-deepmode.deepModeTool',
	};
	return await askWith(tool, toolArguments, agent);
}

/** Lets an AI Agent answer, with a node as its only tool. */
async function askWith(tool: INode, toolArguments: object[], agent = 3): Promise<Execution> {
	const { n8n } = world;
	await model?.stop();
	model = await startOpenAiStub(...toolArguments);
	const openAi = await n8n.createCredential('openAiApi', 'OpenAI account', {
		apiKey: 'sk-1',
		url: model.url,
	});
	return await n8n.runAndWait(agentWith(tool, openAi, agent));
}

/** What the model was told about the tool. */
const offered = () => model.requests[0]?.tools?.[0]?.function;

/** What the tool answered, as the model got it. */
const answer = () => JSON.parse(String(model.requests[1]?.messages.at(-1)?.content)) as unknown;

/** The same, of each of its calls. */
const answers = () =>
	(model.requests.at(-1)?.messages ?? [])
		.filter(({ role }) => role === 'tool')
		.map(({ content }) => JSON.parse(String(content)) as unknown);

const schema = (properties: Record<string, object>) => ({
	$schema: 'http://json-schema.org/draft-07/schema#',
	type: 'object',
	properties,
	...(Object.keys(properties).length > 0 && { required: Object.keys(properties) }),
	additionalProperties: false,
});

const document = readDocument('docs/ai-agents.md');

/** What the docs show. */
const [shownTool, shownFailure] = document.blocks.map(({ text }) => JSON.parse(text) as object);

/** What the docs say that a model is told of an operation. */
const told = new Map(
	document.tables
		.find(({ heading }) => heading === 'What the model is told')
		?.rows.slice(1) as Array<[string, string]>,
);

const imageId = "={{ $fromAI('Image_ID', 'The image to upscale', 'string') }}";

it('tells the model what it does and what it takes, and gives it the upscaled image', async () => {
	const { deepMode } = world;
	const { id, file_name } = deepMode.addImage();

	const { error } = await ask({ parameters: { imageId } }, { Image_ID: id });

	expect(error).toBeUndefined();
	expect(offered()).toEqual({
		name: 'Upscale_for_Customer',
		description: told.get('Upscale Image'),
		parameters: schema({ Image_ID: { type: 'string', description: 'The image to upscale' } }),
		strict: false,
	});
	expect(offered()).toMatchObject(shownTool as object);
	expect(answer()).toEqual([
		expect.objectContaining({
			id,
			file_name,
			upscaled: true,
			image_url: expect.stringContaining(deepMode.filesUrl),
		}),
	]);
	expect(deepMode.charges(id)).toHaveLength(1);
});

it.each([1.7, 2.2, 3])(
	'asked for the same image twice in one message, by an AI Agent of version %f, pays once and gives it twice',
	async (agent) => {
		const { id } = world.deepMode.addImage();
		world.deepMode.workMs = 2000;

		const { error } = await ask(
			{ parameters: { imageId }, agent },
			{ Image_ID: id },
			{ Image_ID: id },
		);

		expect(error).toBeUndefined();
		expect(answers()).toEqual(Array(2).fill([expect.objectContaining({ id, upscaled: true })]));
		expect(world.deepMode.charges(id)).toHaveLength(1);
	},
);

it.each([1.7, 2.2, 3])(
	'asked for the same new image three times in one message, by an AI Agent of version %f, makes three',
	async (agent) => {
		const { modelId, spent } = world.deepMode;
		world.deepMode.workMs = 2000;
		const parameters = {
			operation: 'generate',
			modelId,
			prompt: "={{ $fromAI('Prompt', '', 'string') }}",
		};

		await ask({ parameters, agent }, ...Array(3).fill({ Prompt: 'a lake' }));

		expect(answers()).toEqual(Array(3).fill([expect.objectContaining({ prompt: 'a lake' })]));
		expect(world.deepMode.spent - spent).toBe(3);
	},
);

describe('a workflow that pauses, as its tool', () => {
	/** A workflow that pauses with the image that it is called with, and the tool that calls it. */
	async function pausingTool() {
		const { n8n, credential } = world;
		const input = { name: 'Image_ID', type: 'string' };
		const workflowId = await n8n.createWorkflow(
			chain(
				node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
					workflowInputs: { values: [input] },
				}),
				deepModeNode(credential, { mode: 'pause', imageId: '={{ $json.Image_ID }}' }),
			),
		);
		await n8n.activate(workflowId);
		return node('Upscale_for_Customer', '@n8n/n8n-nodes-langchain.toolWorkflow', 2.2, {
			workflowId: { __rl: true, mode: 'id', value: workflowId },
			workflowInputs: {
				mappingMode: 'defineBelow',
				value: { Image_ID: imageId },
				schema: [{ ...input, id: input.name, displayName: input.name, display: true }],
			},
		});
	}

	it('gives the image to an AI Agent of version 3, which waits for it', async () => {
		const { id } = world.deepMode.addImage();
		world.deepMode.workMs = 3000;

		await askWith(await pausingTool(), [{ Image_ID: id }]);

		expect(answer()).toEqual([expect.objectContaining({ id, upscaled: true })]);
	});

	it.each([1.7, 2.2, 3])(
		'asked again and again by an AI Agent of version %f, pays once and never says that the time is over',
		async (agent) => {
			const { id } = world.deepMode.addImage();
			const tool = await pausingTool();
			world.deepMode.workMs = 3000;

			for (let question = 0; question < 2; question++) {
				const { error } = await askWith(tool, Array(2).fill({ Image_ID: id }), agent);
				expect(error).toBeUndefined();
				expect(answers()).toHaveLength(2);
				expect(JSON.stringify(answers())).not.toContain('timed_out');
			}

			expect(world.deepMode.charges(id)).toHaveLength(1);
		},
	);
});

it('gives the model all images that it generated', async () => {
	const parameters = {
		operation: 'generate',
		modelId: world.deepMode.modelId,
		prompt: "={{ $fromAI('Prompt', 'What to show', 'string') }}",
		options: { numImages: 2 },
	};

	await ask({ parameters }, { Prompt: 'a lake' });

	expect(offered()).toMatchObject({
		description: told.get('Generate Image'),
		parameters: schema({ Prompt: { type: 'string', description: 'What to show' } }),
	});
	expect(answer()).toEqual([
		expect.objectContaining({ prompt: 'a lake' }),
		expect.objectContaining({ prompt: 'a lake' }),
	]);
});

it('takes nothing from the model for the balance', async () => {
	await ask({ parameters: { resource: 'account', operation: 'getBalance' } }, {});

	expect(offered()).toMatchObject({
		description: told.get('Get Balance'),
		parameters: schema({}),
	});
	expect(answer()).toEqual([{ remaining_balance: world.deepMode.credits }]);
});

it('lets the model read an image', async () => {
	const { id } = world.deepMode.addImage();

	await ask({ parameters: { operation: 'get', imageId } }, { Image_ID: id });

	expect(offered()).toMatchObject({
		description: told.get('Get Image'),
		parameters: schema({ Image_ID: { type: 'string', description: 'The image to upscale' } }),
	});
	expect(answer()).toEqual([expect.objectContaining({ id, upscaled: false })]);
	expect(world.deepMode.charges(id)).toHaveLength(0);
});

it.each([
	['what the user has written stays', { toolDescription: 'Mine' }, 'Mine'],
	[
		'what was set by hand in a field of n8n’s stays',
		{ descriptionType: 'manual', toolDescription: 'Mine' },
		'Mine',
	],
	[
		'what n8n has set automatically gives way',
		{ descriptionType: 'auto' },
		told.get('Upscale Image'),
	],
])('%s', async (_, parameters, description) => {
	await ask({ parameters: { imageId, ...parameters } }, { Image_ID: 'nobody' });

	expect(offered()?.description).toBe(description);
});

describe('when it fails', () => {
	const AGENTS = [1.7, 2.2, 3];
	const SETTINGS = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

	it.each(
		AGENTS.flatMap((agent) => SETTINGS.map((onError) => [agent, onError] as const)).filter(
			([agent, onError]) => agent < 3 || onError !== 'continueErrorOutput',
		),
	)(
		'tells an AI Agent of version %f, with %s, what happened and what to do',
		async (agent, onError) => {
			const { error } = await ask(
				{ parameters: { imageId }, settings: { onError }, agent },
				{ Image_ID: 'nobody' },
			);

			expect(error).toBeUndefined();
			expect(answer()).toEqual(shownFailure);
		},
	);

	it('n8n gives an AI Agent of version 3 nothing at all with Continue (using error output)', async () => {
		const { id } = world.deepMode.addImage();

		for (const given of [id, 'nobody']) {
			await ask(
				{ parameters: { imageId }, settings: { onError: 'continueErrorOutput' } },
				{ Image_ID: given },
			);
			expect(answer()).toBe('');
			await model.stop();
		}
	});

	it.each([1.7, 2.2])(
		'n8n ends an AI Agent of version %f when the model leaves out a parameter, and nothing is sent',
		async (agent) => {
			const before = world.deepMode.submits.length;

			const { error } = await ask({ parameters: { imageId }, agent }, {});

			expect(error?.message).toContain('did not match expected schema');
			expect(world.deepMode.submits).toHaveLength(before);
		},
	);

	it('tells an AI Agent of version 3 that a parameter is missing', async () => {
		await ask({ parameters: { imageId } }, {});

		expect(answer()).toEqual([
			{
				error: 'The image ID is missing',
				message: expect.stringContaining('Nothing was sent for this item.'),
			},
		]);
	});

	it('tells the model that the tool has no credential', async () => {
		await ask({ parameters: { imageId }, settings: { credentials: {} } }, { Image_ID: 'a' });

		expect(answer()).toEqual([
			{
				error: 'Node does not have any credentials set for "deepModeApi"',
				message: 'Choose a DeepMode credential in the node. Nothing was sent.',
			},
		]);
	});

	it('tells the model that it cannot pause, and sends nothing', async () => {
		const { id } = world.deepMode.addImage();

		await ask({ parameters: { imageId, mode: 'pause' } }, { Image_ID: id });

		expect(answer()).toEqual([
			{
				error: 'Pause Until Called Back does not work as a tool of an AI agent',
				message: expect.stringContaining('Nothing was sent'),
			},
		]);
		expect(JSON.stringify(world.deepMode.requests)).not.toContain(id);
	});
});
