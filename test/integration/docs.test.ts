import type { IDataObject } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { signedQuery } from '../shared/signedCallback';
import { GOING_ON } from '../shared/workflows';
import { documents } from '../unit/docs/markdown';
import { TriggerUnderTest } from './callbacks';
import { onMovedClock } from './clock';
import type { NodeSetup } from './engine';
import { execute } from './engine';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

/** The image that the docs show. */
const IMAGE = {
	id: 'c6b8a9f7e5d1c3a2f91e3',
	file_name: '120e453f-3a73-4016-ad6a-5cd5e00ddd45.jpeg',
	model_id: 'a9f7e5d1c3a2f91e3d5c6',
	prompt: 'A beautiful landscape with mountains and a river.',
	negative_prompt: 'rainy, foggy',
	ratio: 'square' as const,
};

/** Fields that are new each time; the docs show one that could be. */
const CHANGING = ['image_url', 'callback_id'];

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator), { credits: 997 });

async function run(parameters: IDataObject): Promise<IDataObject | undefined> {
	const setup = { parameters, settings: GOING_ON } as NodeSetup;
	const { outputs } = await execute(deepMode.credentials, [{ id: IMAGE.id }], setup);
	return outputs[0]?.[0]?.json;
}

/** What really comes out where the docs show JSON. */
const OUTPUTS: Record<string, () => Promise<IDataObject | undefined>> = {
	'README.md#When an item fails': async () => await run({}),
	'docs/operations.md#Upscale Image': async () => {
		deepMode.addImage(IMAGE);
		return await run({});
	},
	'docs/pause.md#When the time is over': async () => {
		deepMode.addImage(IMAGE);
		deepMode.workMs = 24 * 60 * 60 * 1000;
		const n8n = await WaitingN8n.start();
		try {
			const { result } = await onMovedClock(
				async () => await (await n8n.run(deepMode.credentials, [{ id: IMAGE.id }])).ended(),
			);
			return result.items('DeepMode')[0]?.json;
		} finally {
			n8n.close();
		}
	},
	'docs/operations.md#Get Balance': async () =>
		await run({ resource: 'account', operation: 'getBalance' }),
	'docs/callbacks.md#What the node puts out': async () => {
		deepMode.addImage(IMAGE);
		return await run({ mode: 'async', callbackUrl: 'http://127.0.0.1:9/' });
	},
	'docs/callbacks.md#What the trigger puts out': async () => {
		deepMode.addImage(IMAGE);
		const query = signedQuery(deepMode.apiKey, { imageId: IMAGE.id, context: { row: 7 } });
		const trigger = new TriggerUnderTest(deepMode.credentials, {});
		return (await trigger.call(query, await run({}))).items?.[0];
	},
};

/** It takes a whole n8n to see what a model sees: `test/system/agent.test.ts` compares it. */
const COMPARED_THERE = 'docs/ai-agents.md';

const here = documents.filter(({ path }) => path !== COMPARED_THERE);
const blocks = here.flatMap(({ path, blocks }) =>
	blocks
		.filter(({ language }) => language === 'json')
		.map(({ heading, text }) => ({ place: `${path}#${heading}`, text })),
);

it('all JSON in the docs is something that comes out', () => {
	expect(blocks.map(({ place }) => place).sort()).toEqual(Object.keys(OUTPUTS).sort());
});

it.each(blocks)('$place shows what comes out', async ({ place, text }) => {
	const shown = JSON.parse(text) as IDataObject;
	for (const name of CHANGING) if (name in shown) shown[name] = expect.any(String);

	expect(await OUTPUTS[place]?.()).toEqual(shown);
});
