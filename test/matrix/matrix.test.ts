import type { IBinaryData, IDataObject } from 'n8n-workflow';
import sharp from 'sharp';

import { activeTrigger } from '../e2e/activeTrigger';
import { askForPicture } from '../e2e/askingChat';
import { startN8n } from '../e2e/harness/server';
import { installAsInReadme } from '../e2e/readmeInstall';
import { useWorld } from '../e2e/world';
import { agentWith } from '../shared/agents';
import {
	ANSWERS,
	ASKING_CHAT_PATH,
	example,
	wantLarge,
	withCredentials,
	withParameters,
} from '../shared/examples';
import type { OutputItem } from '../shared/execution';
import { startModel, type OpenAiStub } from '../shared/openAiStub';
import { fetchFile } from '../shared/requests';
import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { readDocument } from '../unit/docs/markdown';
import { VERSIONS } from './versions';

describe.each(VERSIONS)('$name', ({ name, manifestFolder, env }) => {
	const world = useWorld(
		async () => await startN8n({ manifestFolder, env, install: installAsInReadme }),
	);

	const batch = (ids: string[], parameters: IDataObject = {}) =>
		chain(...itemsNodes(ids.map((id) => ({ id }))), deepModeNode(world.credential, parameters));

	it('npm install', async () => {
		const ours = (await world.n8n.nodeTypes()).map((type) => type.name);

		expect(ours).toEqual(
			expect.arrayContaining([
				'n8n-nodes-deepmode.deepMode',
				'n8n-nodes-deepmode.deepModeTool',
				'n8n-nodes-deepmode.deepModeTrigger',
			]),
		);
		// As docs/installation.md says: n8n does not know that it was installed.
		expect(await world.n8n.communityPackages()).toEqual([]);
	});

	it('credential test', async () => {
		const wrong = await world.n8n.createCredential('deepModeApi', 'Wrong key', {
			...world.deepMode.credentials,
			apiKey: 'dm_wrong_key',
		});

		expect(await world.n8n.testCredential(world.credential)).toMatchObject({ status: 'OK' });
		expect(await world.n8n.testCredential(wrong)).toMatchObject({ status: 'Error' });
	});

	it('Wait for the Result', async () => {
		const ids = world.deepMode.addImageIds(5);
		const spent = world.deepMode.spent;
		const workflowId = await world.n8n.createWorkflow(batch([...ids, ...ids]));

		for (let run = 0; run < 2; run++) {
			const execution = await world.n8n.waitForExecution(await world.n8n.run(workflowId));
			expect(execution.items('DeepMode').map(({ json }) => [json.id, json.upscaled])).toEqual(
				[...ids, ...ids].map((id) => [id, true]),
			);
		}

		expect(world.deepMode.spent - spent).toBe(15);
	});

	/** Each item has the picture that is at its address. */
	async function expectPictures(items: OutputItem[]): Promise<void> {
		for (const { json, binary } of items) {
			const file = await world.n8n.binary(binary?.data as IBinaryData);
			expect(file).toEqual(await fetchFile(json.image_url));
			expect((await sharp(file).metadata()).format).toBe('jpeg');
		}
	}

	it('Download Image', async () => {
		const execution = await world.n8n.runAndWait(
			batch(world.deepMode.addImageIds(5), { download: true }),
		);

		expect(execution.items('DeepMode')).toHaveLength(5);
		await expectPictures(execution.items('DeepMode'));
	});

	/** Hands images over with a context each, has each callback come twice, and waits for all. */
	async function handOver(ids: string[], callbackUrl: string): Promise<void> {
		const context = '={{ { "for": $json.id } }}';
		world.deepMode.callbackRepeats = 2;
		await world.n8n.runAndWait(batch(ids, { mode: 'async', callbackUrl, context }));
		await world.deepMode.settled();
	}

	it('Call Back', async () => {
		const trigger = await activeTrigger(world);
		const ids = world.deepMode.addImageIds(5);
		const spent = world.deepMode.spent;

		await handOver(ids, trigger.url);

		const received = (await trigger.runs(5)).flat();
		expect(received.map(({ json }) => [json.id, json.context])).toEqual(
			expect.arrayContaining(ids.map((id) => [id, { for: id }])),
		);
		expect(received).toHaveLength(5);
		expect(world.deepMode.spent - spent).toBe(15);
	});

	it('Download Image in the trigger', async () => {
		const trigger = await activeTrigger(world, { download: true });
		const [id] = world.deepMode.addImageIds(5);

		await handOver([id as string], trigger.url);

		const received = (await trigger.runs(1)).flat();
		expect(received.map(({ json }) => json.id)).toEqual([id]);
		await expectPictures(received);
	});

	it('Pause Until Called Back', async () => {
		const ids = world.deepMode.addImageIds(5);
		const spent = world.deepMode.spent;
		world.deepMode.workMs = 2000;

		const executionId = await world.n8n.run(
			await world.n8n.createWorkflow(batch(ids, { mode: 'pause', download: true })),
		);
		await world.n8n.waitForExecution(executionId, { statuses: ['waiting'], everyMs: 50 });
		const execution = await world.n8n.waitForExecution(executionId);

		expect(execution.items('DeepMode').map(({ json }) => [json.id, json.upscaled])).toEqual(
			ids.map((id) => [id, true]),
		);
		await expectPictures(execution.items('DeepMode'));
		expect(world.deepMode.spent - spent).toBe(15);
	});

	let model: OpenAiStub | undefined;

	afterEach(async () => await model?.stop());

	/** A stand-in for a model, which asks for that image or else for a new one. */
	async function startStandIn(imageId?: string) {
		model = await startModel({
			toolArguments: () => [imageId === undefined ? { Prompt: 'a lake' } : { Image_ID: imageId }],
			next: wantLarge,
			answer: (result) => `Done: ${result}`,
		});
		return await world.n8n.createCredential('openAiApi', 'Stand-in', {
			apiKey: 'sk-1',
			url: model.url,
		});
	}

	it('tool of an AI agent', async () => {
		const openAi = await startStandIn('nobody');
		const tool = {
			...deepModeNode(world.credential, {
				imageId: "={{ $fromAI('Image_ID', 'The image to upscale', 'string') }}",
			}),
			type: 'n8n-nodes-deepmode.deepModeTool',
		};

		await world.n8n.runAndWait(agentWith(tool, openAi, 2.2));

		const [asked, answered] = model?.requests ?? [];
		const told = readDocument('docs/ai-agents.md').tables.flatMap(({ rows }) => rows);
		expect(told).toContainEqual(['Upscale Image', asked?.tools?.[0]?.function.description]);
		expect(JSON.parse(String(answered?.messages.at(-1)?.content))).toEqual([
			{
				error: 'DeepMode does not know image "nobody"',
				message: expect.stringContaining('Nothing was charged'),
			},
		]);
	});

	// n8n 1 has no human review for tools.
	if (!name.startsWith('1.')) {
		it('human review of a tool', async () => {
			const spent = world.deepMode.spent;
			const openAi = await startStandIn();
			const filled = example('ai-agent-asks-first', { 'your model ID': world.deepMode.modelId });
			const id = await world.n8n.createWorkflow(
				withParameters(
					withCredentials(filled, [world.credential, openAi]),
					'When Chat Message Received',
					{ public: true },
				),
			);
			await world.n8n.activate(id, ASKING_CHAT_PATH);

			const { said } = await askForPicture(world.n8n, ANSWERS.yes);

			expect(said).toContain('"upscaled":true');
			expect(world.deepMode.spent - spent).toBe(1 + 3);
		});
	}
});
