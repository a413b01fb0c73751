import { ExecuteContext } from 'n8n-core';
import type { IDataObject } from 'n8n-workflow';

import type { Emulator } from '../emulator';
import { waitFor } from '../shared/waitFor';
import { THREE_TRIES } from '../shared/workflows';
import { onMovedClock } from './clock';
import { deduplicator } from './deduplicator';
import type { Execution, NodeSetup } from './engine';
import { execute, goOn, startExecution } from './engine';
import { useEmulator } from './useEmulator';
import { WaitingN8n } from './waiting/n8n';

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
		const execution = await generate([{ count: 2 }, { count: 4 }, { count: 1 }], {
			maxCredits: 5,
			maxConcurrency: 1,
			numImages: '={{ $json.count }}',
		});

		expect(deepMode.spent).toBe(2);
		expect(errors(execution)).toEqual([
			overLimit('What item 1 asks for', '4 credits', 5, 2),
			'What item 2 asks for was not submitted: what came before it would have exceeded Max Credits (5)',
		]);
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
		jest
			.spyOn(ExecuteContext.prototype, 'logger', 'get')
			.mockReturnValue({ debug() {}, warn } as never);
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

	it('waits for all looks, where DeepMode asks for pauses that are longer than one timeout', async () => {
		const done = deepMode.addImageIds(6, { upscaled: true });
		const fresh = deepMode.addImageIds(6);
		deepMode.credits = 18;
		const busy = { on: 'retrieve', status: 429, headers: { 'retry-after': '30' } } as const;
		for (const id of done) deepMode.fault(id, busy);
		const options = { ifTooFewCredits: 'stop', maxConcurrency: 1, timeout: 60 };

		const { result } = await onMovedClock(async () => await upscale([...done, ...fresh], options));

		expect(errors(result)).toEqual([]);
		expect(deepMode.spent).toBe(18);
	});

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

	it.each<[unknown, number]>([
		['9', 0],
		[-9, 0],
		['plenty', 30],
		[' ', 30],
		[[], 30],
		[false, 30],
	])('takes a balance of %j for what it is', async (balance, spent) => {
		deepMode.fault('*', { on: 'balance', status: 200, body: { remaining_balance: balance } });

		await upscale(deepMode.addImageIds(10), { ifTooFewCredits: 'stop' });

		expect(deepMode.spent).toBe(spent);
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

	it.each([
		['sync', {}],
		['async', callBack.parameters],
	])(
		'claims the first images only, and gives them back, when it stops, in mode %s',
		async (_, parameters) => {
			const ids = deepMode.addImageIds(100);
			deepMode.credits = 9;
			const calls = deduplicator.calls;
			const keys = await deduplicator.getProcessedDataCount();

			const execution = await upscale(ids, { ifTooFewCredits: 'stop' }, { ...goOn, parameters });

			expect(errors(execution)).toHaveLength(100);
			expect(deduplicator.calls - calls).toBeLessThanOrEqual(2);
			expect(await deduplicator.getProcessedDataCount()).toBe(keys);
		},
	);

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

describe('Add Cost to Output', () => {
	const costs = (items: IDataObject[]) =>
		items.map(({ id, credits, was_upscaled }) => [id, credits, was_upscaled]);
	const addCost = true;

	it('says of each image what it cost, and once what several items share', async () => {
		const [fresh, done] = [
			...deepMode.addImageIds(1),
			...deepMode.addImageIds(1, { upscaled: true }),
		];

		const execution = await upscale([fresh, done, fresh] as string[], { addCost });

		expect(costs(json(execution))).toEqual([
			[fresh, 3, false],
			[done, 0, true],
			[fresh, 0, false],
		]);
	});

	it('is off unless it is asked for', async () => {
		const execution = await upscale(deepMode.addImageIds(1), {});

		expect(json(execution)[0]).not.toHaveProperty('credits');
		expect(json(execution)[0]).not.toHaveProperty('was_upscaled');
	});

	it('says what another execution has paid', async () => {
		const sameNode = { workflowId: 'w1', settings: { id: 'n1', ...goOn.settings } };
		const ids = deepMode.addImageIds(2);
		deepMode.workMs = 1000;
		const other = upscale(ids, { addCost }, sameNode);
		await waitFor('their submissions', () => deepMode.submits.length === 2, { everyMs: 5 });

		const execution = await upscale(ids, { addCost }, sameNode);

		expect(costs(json(await other))).toEqual(ids.map((id) => [id, 3, false]));
		expect(costs(json(execution))).toEqual(ids.map((id) => [id, 0, false]));
	});

	it('says what was paid in an earlier try of Retry On Fail', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		const tries = { settings: { ...THREE_TRIES, ...goOn.settings } };

		const execution = await upscale(['no-such-image', id], { addCost }, tries);

		expect(costs(json(execution).slice(1))).toEqual([[id, 3, false]]);
		expect(Object.keys(json(execution)[0] ?? {})).toEqual(['error', 'message']);
	});

	it('says of a lost answer that is found what it cost, and else up to how much', async () => {
		const [found, lost] = deepMode.addImageIds(2) as [string, string];
		deepMode.fault(found, { cut: 'after' });
		deepMode.fault(lost, { cut: 'before' });

		const execution = await upscale([found, lost], { addCost, timeout: 2 });

		expect(costs(json(execution).slice(0, 1))).toEqual([[found, 3, false]]);
		expect(json(execution)[1]?.message).toContain('up to 3 credits may have been spent');
		expect(execution.hints).toEqual([
			'1 upscaled (3 credits), 1 with unknown outcome (up to 3 credits)',
		]);
	});

	it.each<[string, number, string]>([
		['was paid', 0, 'it cost 3 credits'],
		['was upscaled already', 1, 'it cost nothing'],
	])('says of a file that is missing what the image cost, that %s', async (_, index, cost) => {
		const [done] = deepMode.addImageIds(1, { upscaled: true });
		const ids = [...deepMode.addImageIds(1), done] as string[];
		deepMode.fault('*', { on: 'file', status: 410, times: Infinity });

		const execution = await upscale(ids, {}, { ...goOn, parameters: { download: true } });

		expect(json(execution)[index]?.message).toContain(`The image itself is done, and ${cost}.`);
	});

	it('says what is handed over, and does not say what is not known', async () => {
		const [fresh, unclear] = deepMode.addImageIds(2) as [string, string];
		deepMode.fault(unclear, { cut: 'before' });

		const execution = await upscale([fresh, unclear], { addCost }, callBack);

		expect(json(execution)).toEqual([
			expect.objectContaining({ image_id: fresh, credits: 3, was_upscaled: false }),
			expect.objectContaining({ image_id: unclear, accepted: 'unknown', was_upscaled: false }),
		]);
		expect(json(execution)[1]).not.toHaveProperty('credits');
	});

	it.each([
		[{ numImages: 2 }, 1],
		[{ numImages: 2, upscale: true }, 4],
	])('says of each image of a generation with %p that it cost %i', async (options, credits) => {
		const execution = await generate([{}], { addCost, ...options });

		expect(costs(json(execution))).toEqual(
			deepMode.charges().map(({ image_id }) => [image_id, credits, false]),
		);
		expect(deepMode.spent).toBe(2 * credits);
	});

	it('says up to how much a generation cost whose answer is lost', async () => {
		deepMode.fault(deepMode.modelId, { on: 'generate', cut: 'after' });

		const execution = await generate([{}], { numImages: 2, upscale: true });

		expect(json(execution)[0]?.message).toContain('up to 8 credits may have been spent');
		expect(execution.hints).toEqual(['1 with unknown outcome (up to 8 credits)']);
	});

	it('goes through a pause, and tells apart what was paid and what was not', async () => {
		const [fresh, late, unclear] = deepMode.addImageIds(3) as [string, string, string];
		const [done] = deepMode.addImageIds(1, { upscaled: true }) as [string];
		deepMode.workMs = (id) => (id === late ? 24 : 0.1) * 3_600_000;
		deepMode.fault(unclear, { cut: 'after' });
		const n8n = await WaitingN8n.start();
		const parameters = { options: { addCost } };
		const ids = [fresh, late, unclear, done, fresh];

		const { result } = await onMovedClock(
			async () =>
				await (await n8n.run(deepMode.credentials, ids.map(toItem), { parameters })).ended(),
		);
		n8n.close();

		const items = result.items('DeepMode').map((item) => item.json);
		expect(costs(items)).toEqual([
			[fresh, 3, false],
			[late, 3, false],
			[unclear, 3, false],
			[done, 0, true],
			[fresh, 0, false],
		]);
		expect(items.map(({ timed_out }) => timed_out === true)).toEqual([
			false,
			true,
			false,
			false,
			false,
		]);
	});

	it('does not say what an image cost that is neither accepted for sure nor done in a pause', async () => {
		const [id] = deepMode.addImageIds(1) as [string];
		deepMode.fault(id, { cut: 'before' });
		const n8n = await WaitingN8n.start();
		const parameters = { options: { addCost } };

		const { result } = await onMovedClock(
			async () => await (await n8n.run(deepMode.credentials, [{ id }], { parameters })).ended(),
		);
		n8n.close();

		expect(result.items('DeepMode')[0]?.json).toEqual({
			id,
			upscaled: false,
			timed_out: true,
			was_upscaled: false,
		});
	});

	it('refuses what is neither on nor off', async () => {
		const { error } = await upscale(deepMode.addImageIds(1), { addCost: 'yes' }, {});

		expect(error?.message).toMatch(/^Add Cost to Output must be on or off/);
	});
});

describe('a run that takes long', () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	/** What is written to n8n's log, and to the browser's console. */
	function listen() {
		const info = jest.fn();
		const logger = { info, debug: jest.fn() };
		jest.spyOn(ExecuteContext.prototype, 'logger', 'get').mockReturnValue(logger as never);
		const message = jest.spyOn(ExecuteContext.prototype, 'sendMessageToUI');
		return {
			log: () => info.mock.calls.map(([line]) => String(line)),
			console: () => message.mock.calls.map(([line]) => String(line)),
		};
	}

	it('tells at most once a minute how far it is, and what it has cost', async () => {
		const done = deepMode.addImageIds(5, { upscaled: true });
		const ids = [...done, ...deepMode.addImageIds(100)];
		deepMode.workMs = 40_000;
		const heard = listen();

		const { passed } = await onMovedClock(async () => await upscale(ids, {}));

		const lines = heard.log();
		expect(lines.length).toBeGreaterThan(3);
		expect(lines.length).toBeLessThanOrEqual(passed / 60_000);
		const told = lines.map((line) =>
			/^DeepMode node "DeepMode": (\d+) of 105 items are done, for (\d+) credits so far$/
				.exec(line)
				?.slice(1)
				.map(Number),
		);
		for (const [count, credits] of told as Array<[number, number]>) {
			expect(credits).toBe((count - 5) * 3);
		}
		expect(heard.console()).toEqual(lines);
	});

	it('says nothing if it is quick', async () => {
		const heard = listen();

		await upscale(deepMode.addImageIds(20), {});

		expect([...heard.log(), ...heard.console()]).toEqual([]);
	});
});
