import type { IDataObject } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { waitFor } from '../shared/waitFor';
import { THREE_TRIES } from '../shared/workflows';
import type { Execution, NodeSetup } from './engine';
import { execute, goOn, startExecution } from './engine';
import { useEmulator } from './useEmulator';

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator));

const callBack: NodeSetup = {
	...goOn,
	parameters: { mode: 'async', callbackUrl: 'http://127.0.0.1:9/' },
};
const toItem = (id: string) => ({ id });

async function upscale(ids: string[], options: IDataObject, setup: NodeSetup = goOn) {
	const parameters = { ...setup.parameters, options } as NodeSetup['parameters'];
	return await execute(deepMode.credentials, ids.map(toItem), { ...setup, parameters });
}

async function generate(items: IDataObject[], options: IDataObject) {
	return await execute(deepMode.credentials, items, {
		...goOn,
		parameters: {
			operation: 'generate',
			modelId: deepMode.modelId,
			prompt: 'a lake',
			options: options as never,
		},
	});
}

const json = ({ outputs }: Execution) => outputs[0]?.map((item) => item.json) ?? [];
const errors = (execution: Execution) => json(execution).flatMap(({ error }) => error ?? []);
const overLimit = (name: string, credits: string, limit: number, submitted: number) =>
	`${name} was not submitted: its ${credits} would exceed Max Credits (${limit}), since ${submitted} are submitted in this execution already`;

describe('Max Credits', () => {
	it.each([1, 10, 100])('pays for ten of 50 images, with %i in work at once', async (lanes) => {
		const ids = deepMode.addImageIds(50);
		deepMode.workMs = 20;

		const execution = await upscale(ids, { maxCredits: 30, maxConcurrency: lanes });

		expect(deepMode.spent).toBe(30);
		expect(deepMode.submits).toHaveLength(10);
		const done = json(execution).filter(({ upscaled }) => upscaled);
		expect(done).toHaveLength(10);
		const failed = ids.filter((id) => !done.some((image) => image.id === id));
		expect(errors(execution)).toEqual(
			failed.map((id) => overLimit(`Image "${id}"`, '3 credits', 30, 30)),
		);
		expect(json(execution).find(({ error }) => error)?.message).toMatch(
			/^Nothing was sent for this item.*Raise Max Credits/,
		);
	});

	it('below one upscale pays nothing, and says so', async () => {
		const { error } = await upscale(deepMode.addImageIds(3), { maxCredits: 2 }, {});

		expect(deepMode.submits).toHaveLength(0);
		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toMatch(
			/its 3 credits would exceed Max Credits \(2\), since 0 are submitted/,
		);
	});

	it('lets out what is upscaled already, and what another execution upscales', async () => {
		const sameNode = { workflowId: 'w1', settings: { id: 'n1', ...goOn.settings } };
		const theirs = deepMode.addImageIds(2);
		const done = deepMode.addImageIds(3, { upscaled: true });
		const fresh = deepMode.addImageIds(20);
		deepMode.workMs = 1000;
		const other = startExecution(deepMode.credentials, theirs.map(toItem), sameNode);
		await waitFor('their submissions', () => deepMode.submits.length === 2, { everyMs: 5 });

		const execution = await upscale([...fresh, ...done, ...theirs], { maxCredits: 9 }, sameNode);
		await other.finished;

		expect(json(execution).slice(20)).toEqual(
			[...done, ...theirs].map((id) => expect.objectContaining({ id, upscaled: true })),
		);
		expect(errors(execution)).toHaveLength(17);
		expect(deepMode.spent).toBe(9 + 6);
	});

	it('does not count what was surely not accepted, however many are in flight', async () => {
		const ids = deepMode.addImageIds(50);
		deepMode.workMs = 20;
		for (const id of ids.slice(0, 9)) deepMode.fault(id, { status: 422, delayMs: 100 });

		await upscale(ids, { maxCredits: 30 });

		expect(deepMode.spent).toBe(30);
	});

	it('counts what may have been accepted', async () => {
		const ids = deepMode.addImageIds(20);
		for (const id of ids) deepMode.fault(id, { cut: 'before' });

		const execution = await upscale(ids, { maxCredits: 30, timeout: 1 });

		expect(deepMode.submits).toHaveLength(10);
		expect(
			errors(execution).filter((error) => /^It is not known/.test(String(error))),
		).toHaveLength(10);
	});

	it('counts once what several tries of Retry On Fail ask for', async () => {
		const ids = deepMode.addImageIds(20);
		const tries = { settings: { ...THREE_TRIES, ...goOn.settings } };

		await upscale(['no-such-image', ...ids], { maxCredits: 30 }, tries);

		const looks = deepMode.requests.filter(({ path }) => path.endsWith('/no-such-image'));
		expect(looks).toHaveLength(3);
		expect(deepMode.spent).toBe(30);
	});

	it('holds with Upscale Again, and for what is handed over', async () => {
		const ids = deepMode.addImageIds(20);
		await upscale(ids, { maxCredits: 12, ifUpscaled: 'upscaleAgain' });
		expect(deepMode.spent).toBe(12);

		const execution = await upscale(ids, { maxCredits: 12 }, callBack);

		expect(deepMode.spent).toBe(24);
		expect(json(execution).filter(({ callback }) => callback === false)).toHaveLength(4);
		expect(errors(execution)).toHaveLength(12);
	});

	it('counts each image of a generation, and its enlargement', async () => {
		const execution = await generate([{}, {}, {}], {
			maxCredits: 16,
			maxConcurrency: 1,
			numImages: 2,
			upscale: true,
		});

		expect(deepMode.spent).toBe(16);
		expect(json(execution)).toHaveLength(5);
		expect(errors(execution)).toEqual([overLimit('What item 2 asks for', '8 credits', 16, 16)]);
	});

	it('ends the sending of a run with the first item that would exceed it', async () => {
		await generate([{ count: 2 }, { count: 4 }, { count: 1 }], {
			maxCredits: 5,
			maxConcurrency: 1,
			numImages: '={{ $json.count }}',
		});

		expect(deepMode.spent).toBe(2);
	});

	it.each([-1, 2.5, 'many'])('%p is refused before anything is sent', async (maxCredits) => {
		const { error } = await upscale(deepMode.addImageIds(1), { maxCredits }, {});

		expect(error?.message).toMatch(/^Max Credits must be a whole number from 0 to/);
		expect(deepMode.requests).toHaveLength(0);
	});
});
