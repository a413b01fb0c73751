import { ExecuteContext } from 'n8n-core';
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

describe('If Too Few Credits', () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	/** What was written to n8n's log, and how many were submitted by then. */
	function listen() {
		const lines: Array<{ line: string; submits: number }> = [];
		const warn = (line: string) => lines.push({ line, submits: deepMode.submits.length });
		jest.spyOn(ExecuteContext.prototype, 'logger', 'get').mockReturnValue({ warn } as never);
		return lines;
	}

	const balances = () => deepMode.requests.filter(({ path }) => path === '/api/check-balance');
	const said = 'This run would cost 300 credits, and the DeepMode account has 111';

	it('is told before the first of 100 images is paid, with credits for 37', async () => {
		const ids = deepMode.addImageIds(100);
		deepMode.credits = 111;
		const lines = listen();

		const { hints } = await upscale(ids, {});

		expect(lines).toEqual([{ line: expect.stringContaining(said), submits: 0 }]);
		expect(hints).toContain(`${said}. Add credits, and run again for what is left.`);
		expect(deepMode.spent).toBe(111);
		expect(balances()).toHaveLength(1);
	});

	it.each([
		['sync', {}],
		['async', callBack.parameters],
		['pause', { mode: 'pause' }],
	])('with Stop, nothing is paid, in mode %s', async (_, parameters) => {
		const ids = deepMode.addImageIds(100);
		deepMode.credits = 111;

		const execution = await upscale(ids, { ifTooFewCredits: 'stop' }, { ...goOn, parameters });

		expect(deepMode.submits).toHaveLength(0);
		expect(errors(execution)).toEqual(Array(100).fill(said));
		expect(json(execution)[0]?.message).toMatch(/^Nothing was sent.*Add credits/);
	});

	it.each(['tell', 'stop'])(
		'upscales the ten of 1,000 images that are not upscaled, with credits for 20, with %s',
		async (ifTooFewCredits) => {
			const done = deepMode.addImageIds(990, { upscaled: true });
			const ids = [...done.slice(0, 500), ...deepMode.addImageIds(10), ...done.slice(500)];
			deepMode.credits = 60;

			const { outputs, hints } = await upscale(ids, { ifTooFewCredits, maxConcurrency: 50 }, {});

			expect(outputs[0]?.map((item) => [item.json.id, item.json.upscaled])).toEqual(
				ids.map((id) => [id, true]),
			);
			expect(hints).toEqual([
				'10 upscaled (30 credits), 990 were upscaled already (2970 credits saved)',
			]);
			expect(deepMode.spent).toBe(30);
			// What was seen upscaled beforehand is not looked at again.
			expect(deepMode.requests.filter(({ path }) => path.endsWith(`/${done[0]}`))).toHaveLength(1);
		},
	);

	it('lets out what is upscaled already when it stops', async () => {
		const [done] = deepMode.addImageIds(1, { upscaled: true });
		const ids = deepMode.addImageIds(10);
		deepMode.credits = 20;

		const execution = await upscale([...ids, String(done)], { ifTooFewCredits: 'stop' });

		expect(json(execution).at(-1)).toMatchObject({ id: done, upscaled: true });
		expect(errors(execution)).toHaveLength(10);
	});

	it.each<[string, number, number, IDataObject]>([
		['where five upscales are asked for', 5, 6, {}],
		['where the credits suffice', 10, 30, {}],
		['where Max Credits keeps it from costing more', 20, 20, { maxCredits: 18 }],
	])('stops nothing %s', async (_, count, credits, options) => {
		const ids = deepMode.addImageIds(count);
		deepMode.credits = credits;

		await upscale(ids, { ifTooFewCredits: 'stop', ...options });

		expect(deepMode.spent).toBe(Math.min(credits, 3 * count, Number(options.maxCredits ?? 99)));
	});

	it('stops nothing where the balance cannot be read', async () => {
		const ids = deepMode.addImageIds(10);
		deepMode.credits = 9;
		deepMode.fault('*', { on: 'balance', status: 403, times: Infinity });

		await upscale(ids, { ifTooFewCredits: 'stop' });

		expect(deepMode.spent).toBe(9);
	});

	it('does not count what another execution has in work', async () => {
		const sameNode = { workflowId: 'w1', settings: { id: 'n1', ...goOn.settings } };
		const ids = deepMode.addImageIds(10);
		deepMode.workMs = 1000;
		deepMode.credits = 33;
		const other = startExecution(deepMode.credentials, ids.map(toItem), sameNode);
		await waitFor('their submissions', () => deepMode.submits.length === 10, { everyMs: 5 });

		const execution = await upscale(
			[...ids, ...deepMode.addImageIds(1)],
			{ ifTooFewCredits: 'stop' },
			sameNode,
		);
		await other.finished;

		expect(errors(execution)).toEqual([]);
		expect(deepMode.spent).toBe(33);
	});

	it('keeps no claim on what it did not send', async () => {
		const sameNode = { workflowId: 'w1', settings: { id: 'n1', ...goOn.settings } };
		const ids = deepMode.addImageIds(10);
		deepMode.credits = 9;
		await upscale(ids, { ifTooFewCredits: 'stop' }, sameNode);
		deepMode.credits = 30;

		const execution = await upscale(ids, { ifTooFewCredits: 'stop' }, sameNode);

		expect(errors(execution)).toEqual([]);
		expect(deepMode.spent).toBe(30);
	});

	it('holds for generations, too', async () => {
		deepMode.credits = 30;
		const items = Array.from({ length: 10 }, () => ({}));

		const execution = await generate(items, { ifTooFewCredits: 'stop', upscale: true });

		expect(deepMode.submits).toHaveLength(0);
		expect(errors(execution)[0]).toBe(
			'This run would cost 40 credits, and the DeepMode account has 30',
		);
	});

	it('refuses any other choice', async () => {
		const { error } = await upscale(deepMode.addImageIds(1), { ifTooFewCredits: 'ask' }, {});

		expect(error?.message).toMatch(/^If Too Few Credits must be/);
	});
});
