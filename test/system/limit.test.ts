import type { IDataObject } from 'n8n-workflow';

import { useWorld } from '../e2e/world';
import { agentWith } from '../shared/agents';
import { startModel, type OpenAiStub } from '../shared/openAiStub';
import type { StoredCredential } from '../shared/workflows';
import { chain, deepModeNode, GOING_ON, itemsNodes, node, to } from '../shared/workflows';

const world = useWorld();
let model: OpenAiStub;
let openAi: StoredCredential;
/** What the model calls the tool with, message by message. */
let calls: object[][];

beforeAll(async () => {
	model = await startModel({
		toolArguments: () => calls.shift() ?? [],
		next: () => calls.shift() ?? [],
		answer: () => 'Done',
	});
	openAi = await world.n8n.createCredential('openAiApi', 'OpenAI account', {
		apiKey: 'sk-1',
		url: model.url,
	});
});

afterAll(async () => {
	await model?.stop();
});

/** Lets the model call the tool, message by message. @returns what it was answered, call by call */
async function ask(version: number, parameters: IDataObject, ...messages: object[][]) {
	calls = messages;
	const tool = {
		...deepModeNode(world.credential, parameters, GOING_ON),
		type: 'n8n-nodes-deepmode.deepModeTool',
	};
	const { error } = await world.n8n.runAndWait(agentWith(tool, openAi, version));
	expect(error).toBeUndefined();
	const answers = model.requests.at(-1)?.messages.filter(({ role }) => role === 'tool') ?? [];
	return answers.map(({ content }) => (JSON.parse(String(content)) as IDataObject[])[0] ?? {});
}

/** One call for each message. */
const loop = async (version: number, parameters: IDataObject, ...toolArguments: object[]) =>
	await ask(version, parameters, ...toolArguments.map((given) => [given]));

const toCall = (id: string) => ({ Image_ID: id });
const imageId = "={{ $fromAI('Image_ID', 'The image to upscale', 'string') }}";
const overLimit = (id: string, limit: number, submitted: number) => ({
	error: `Image "${id}" was not submitted: its 3 credits would exceed Max Credits (${limit}), since ${submitted} are submitted in this execution already`,
	message: expect.stringMatching(/^Nothing was sent for this item/),
});

describe.each([1.7, 2.2, 3])('an AI Agent of version %f', (version) => {
	it('that loops over 50 new images pays for ten, and the model is told why not for more', async () => {
		const ids = world.deepMode.addImageIds(50);
		const [done] = world.deepMode.addImageIds(1, { upscaled: true }) as [string];
		const spent = world.deepMode.spent;

		const answers = await loop(
			version,
			{ imageId, options: { maxCredits: 30 } },
			...[...ids, done].map(toCall),
		);

		expect(world.deepMode.spent - spent).toBe(30);
		expect(answers).toEqual([
			...ids.slice(0, 10).map((id) => expect.objectContaining({ id, upscaled: true })),
			...ids.slice(10).map((id) => overLimit(id, 30, 30)),
			expect.objectContaining({ id: done, upscaled: true }),
		]);
	}, 180_000);

	it('that asks for 20 new images in one message pays for three with a limit of 9', async () => {
		const ids = world.deepMode.addImageIds(20);
		const spent = world.deepMode.spent;
		world.deepMode.workMs = 300;

		const answers = await ask(version, { imageId, options: { maxCredits: 9 } }, ids.map(toCall));

		expect(world.deepMode.spent - spent).toBe(9);
		expect(answers.filter(({ upscaled }) => upscaled)).toHaveLength(3);
		expect(answers.filter(({ error }) => /Max Credits \(9\)/.test(String(error)))).toHaveLength(17);
	});

	it('with a limit below one upscale pays nothing', async () => {
		const [id] = world.deepMode.addImageIds(1) as [string];
		const submits = world.deepMode.submits.length;

		const answers = await loop(version, { imageId, options: { maxCredits: 2 } }, toCall(id));

		expect(answers).toEqual([overLimit(id, 2, 0)]);
		expect(world.deepMode.submits).toHaveLength(submits);
	});
});

it('a loop that generates is ended by the same limit', async () => {
	const spent = world.deepMode.spent;
	const parameters = {
		operation: 'generate',
		modelId: world.deepMode.modelId,
		prompt: "={{ $fromAI('Prompt', 'What to show', 'string') }}",
		options: { maxCredits: 3 },
	};

	const answers = await loop(3, parameters, ...Array(5).fill({ Prompt: 'a lake' }));

	expect(world.deepMode.spent - spent).toBe(3);
	expect(answers.map(({ error }) => error !== undefined)).toEqual([
		false,
		false,
		false,
		true,
		true,
	]);
});

it('a run over 50 new images pays for ten, and each execution counts anew', async () => {
	const ids = world.deepMode.addImageIds(50);
	const spent = world.deepMode.spent;
	const limited = deepModeNode(world.credential, { options: { maxCredits: 30 } }, GOING_ON);
	const workflow = chain(...itemsNodes(ids.map((id) => ({ id }))), limited);

	const first = await world.n8n.runAndWait(workflow);
	expect(world.deepMode.spent - spent).toBe(30);
	expect(first.items('DeepMode').filter(({ json }) => json.error)).toHaveLength(40);

	const second = await world.n8n.runAndWait(workflow);
	expect(world.deepMode.spent - spent).toBe(60);
	expect(second.items('DeepMode').filter(({ json }) => json.upscaled)).toHaveLength(20);
});

it('all rounds of a loop count together', async () => {
	const ids = world.deepMode.addImageIds(20);
	const spent = world.deepMode.spent;
	const loopNode = node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 4, options: {} });
	const deepMode = deepModeNode(world.credential, { options: { maxCredits: 30 } }, GOING_ON);
	const { nodes, connections, settings } = chain(
		...itemsNodes(ids.map((id) => ({ id }))),
		loopNode,
	);

	const { data } = await world.n8n.runAndWait({
		nodes: [...nodes, deepMode],
		connections: {
			...connections,
			[loopNode.name]: { main: [[], [to(deepMode.name)]] },
			[deepMode.name]: { main: [[to(loopNode.name)]] },
		},
		settings,
	});

	expect(data.resultData.runData.DeepMode).toHaveLength(5);
	expect(world.deepMode.spent - spent).toBe(30);
});
