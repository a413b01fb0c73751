import { ExecuteContext, WorkflowExecute } from 'n8n-core';
import type { IDataObject, INode, INodeType } from 'n8n-workflow';
import { createEmptyRunExecutionData, createRunExecutionData, sleep } from 'n8n-workflow';

import { DeepMode } from '../../nodes/DeepMode/DeepMode.node';

import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import { waitFor } from '../shared/waitFor';
import { chain, deepModeNode, node, to } from '../shared/workflows';
import { nodeOfAnotherProcess } from './anotherProcess';
import { TriggerUnderTest } from './callbacks';
import { onMovedClock } from './clock';
import { deduplicator } from './deduplicator';
import type { Execution, NodeSetup } from './engine';
import { additionalData, CREDENTIAL, execute, startExecution, toWorkflow } from './engine';
import { typesFor } from './nodeTypes';

const MINUTE = 60_000;
/** The default of Timeout, in milliseconds. */
const TIMEOUT = 5 * MINUTE;
const realNow = Date.now;
const WORKFLOW: NodeSetup = { workflowId: 'w1', settings: { id: 'n1' } };
const GO_ON: NodeSetup = { ...WORKFLOW, settings: { id: 'n1', onError: 'continueRegularOutput' } };
const ASYNC = { mode: 'async', callbackUrl: 'https://n8n.example.com/webhook/1/deepmode' };

let deepMode: Emulator;

beforeEach(async () => {
	deepMode = await startEmulator({ workMs: 300 });
	await deduplicator.clearAllProcessedItems();
});

afterEach(async () => {
	jest.restoreAllMocks();
	deduplicator.failure = undefined;
	deduplicator.gapMs = 0;
	await deepMode.close();
});

const credentials = () => ({ apiKey: deepMode.apiKey, baseUrl: deepMode.url });
const addImages = (count: number) => deepMode.addImages(count).map(({ id }) => id);
const toItems = (ids: string[]) => ids.map((id) => ({ id }));
const jsonOf = ({ outputs }: Execution) => outputs[0]?.map(({ json }) => json) ?? [];
const upscaledIds = (execution: Execution) =>
	jsonOf(execution)
		.filter(({ upscaled }) => upscaled === true)
		.map(({ id }) => id);
const submits = () => deepMode.requests.filter(({ method }) => method === 'POST').length;

const inAnotherProcess = (setup: NodeSetup = WORKFLOW): NodeSetup => ({
	...setup,
	nodeType: nodeOfAnotherProcess(),
});

function later(ms: number): void {
	const now = realNow;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

/** Minutes since the hour before this one began. */
function atMinute(minute: number): void {
	const hour = 60 * MINUTE;
	later((Math.floor(realNow() / hour) - 1) * hour + minute * MINUTE - realNow());
}

const run = async (ids: string[], setup: NodeSetup = WORKFLOW) =>
	await execute(credentials(), toItems(ids), setup);

const withOptions = (options: IDataObject, setup: NodeSetup = WORKFLOW): NodeSetup => ({
	...setup,
	parameters: { options } as INode['parameters'],
});

describe('an image in work is not paid again', () => {
	it('by another workflow, and both get it', async () => {
		const ids = addImages(20);
		const second = { workflowId: 'w2', settings: { id: 'n2' } };

		const first = startExecution(credentials(), toItems(ids), WORKFLOW).finished;
		await waitFor('submissions', () => submits() >= 5, { everyMs: 5 });
		const both = await Promise.all([first, execute(credentials(), toItems(ids), second)]);

		expect(both.map(upscaledIds)).toEqual([ids, ids]);
		expect(deepMode.spent).toBe(60);
		expect(both[1].hints.join()).toMatch(/already \(\d+ credits saved\)/);
	});

	it('by another process, and both get it', async () => {
		const ids = addImages(20);

		const first = run(ids);
		await waitFor('submissions', () => submits() >= 5, { everyMs: 5 });
		const both = await Promise.all([first, run(ids, inAnotherProcess())]);

		expect(both.map(upscaledIds)).toEqual([ids, ids]);
		expect(deepMode.spent).toBe(60);
	});

	it('by two processes that start at the same moment', async () => {
		const ids = addImages(20);
		deduplicator.gapMs = 5;

		const both = await Promise.all([run(ids), run(ids, inAnotherProcess())]);

		expect(both.map(upscaledIds)).toEqual([ids, ids]);
		expect(deepMode.spent).toBe(60);
	});

	it('by a run that comes when it has been in work for longer than a claim lasts', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 1500;
		const first = run([id]);
		await waitFor('the submission', () => submits() === 1, { everyMs: 5 });
		later(180 * MINUTE);

		const both = await Promise.all([first, run([id])]);

		expect(both.map(upscaledIds)).toEqual([[id], [id]]);
		expect(deepMode.spent).toBe(3);
	});

	it('by a run that waits: each is looked at when it is done, and not all at each end', async () => {
		const ids = addImages(60);
		deepMode.workMs = (id) => 300 + ids.indexOf(id) * 25;
		const options = withOptions({ maxConcurrency: 60 });
		const first = run(ids, options);
		await waitFor('the submissions', () => submits() === 60, { everyMs: 5 });
		const before = deepMode.requests.length;

		const both = await Promise.all([first, run(ids, options)]);

		expect(both.map(upscaledIds)).toEqual([ids, ids]);
		// At first, after a pause of half a second, after one of a second, and when it is done.
		expect(deepMode.requests.length - before).toBeLessThanOrEqual(4 * 60);
	});

	it('by two rounds of a loop, of which the first was handed over', async () => {
		const [id = ''] = addImages(1);
		await run([id], { ...WORKFLOW, parameters: ASYNC });

		const sync = await run([id]);

		expect(upscaledIds(sync)).toEqual([id]);
		expect(deepMode.spent).toBe(3);
	});
});

describe('an image in work that does not get done', () => {
	it('fails after one timeout, however many there are, with since when and what to do', async () => {
		const ids = addImages(100);
		ids.forEach((id) => deepMode.fault(id, { hang: true }));
		await onMovedClock(async () => await run(ids, withOptions({ maxConcurrency: 100 }, GO_ON)));

		const { result: again, passed } = await onMovedClock(
			async () => await run(ids, withOptions({ maxConcurrency: 3 }, GO_ON)),
		);

		expect(passed).toBeLessThanOrEqual(TIMEOUT);
		expect(jsonOf(again)).toEqual(
			ids.map((id) => ({
				error: `Image "${id}" has been in work for about 5 minutes by an earlier run, and is not done`,
				message: expect.stringContaining('If Still in Work to Submit Again'),
			})),
		);
		expect(submits()).toBe(100);
	});

	it('is not waited for when another image has failed, and the run is to stop', async () => {
		const [lost = ''] = addImages(1);
		deepMode.fault(lost, { hang: true });
		await run([lost], withOptions({ timeout: 1 }, GO_ON));

		const again = await run([lost, 'no-such-image'], withOptions({ timeout: 3600 }));

		expect(again.error?.message).toBe('DeepMode does not know image "no-such-image"');
	});

	it.each([
		['sync', {}],
		['async', ASYNC],
	])('is not waited for where the API key is no longer accepted: %s', async (_, parameters) => {
		const ids = addImages(2);
		deepMode.workMs = 60_000;
		await run(ids, { ...GO_ON, parameters: ASYNC });
		ids.forEach((id) => deepMode.fault(id, { on: 'retrieve', status: 401, times: Infinity }));

		const { result: again, passed } = await onMovedClock(
			async () => await run(ids, { ...GO_ON, parameters }),
		);

		expect(jsonOf(again).map(({ error }) => error)).toEqual(
			ids.map(() => 'DeepMode does not accept the API key'),
		);
		expect(passed).toBeLessThan(MINUTE);
	});

	it('is not waited for while DeepMode cannot be reached', async () => {
		const ids = addImages(2);
		deepMode.workMs = 60_000;
		await run(ids, { ...GO_ON, parameters: ASYNC });
		ids.forEach((id) => deepMode.fault(id, { on: 'retrieve', status: 502, times: Infinity }));

		const { result: again, passed } = await onMovedClock(async () => await run(ids, GO_ON));

		expect(jsonOf(again).map(({ error }) => error)).toEqual(
			ids.map(() => expect.stringMatching(/^Nothing was sent.*DeepMode cannot be reached/)),
		);
		expect(passed).toBeLessThan(2 * MINUTE);
	});

	it('is submitted again by Submit Again, at once', async () => {
		const [id = ''] = addImages(1);
		deepMode.fault(id, { hang: true });
		await run([id], withOptions({ timeout: 1 }, GO_ON));

		const again = await run([id], withOptions({ ifInWork: 'submitAgain' }));

		expect(upscaledIds(again)).toEqual([id]);
		expect(submits()).toBe(2);
	});

	it.each([
		['this process', (setup: NodeSetup) => setup],
		['other processes', inAnotherProcess],
	])(
		'is submitted again after two hours, though %s asked every half hour',
		async (_, process) => {
			const [id = ''] = addImages(1);
			deepMode.fault(id, { hang: true });
			const once = withOptions({ timeout: 0.5 + 0.5 }, GO_ON);
			await run([id], once);

			for (const minutes of [30, 60]) {
				later(minutes * MINUTE);
				expect(upscaledIds(await run([id], process(once)))).toEqual([]);
			}
			later(121 * MINUTE);
			expect(upscaledIds(await run([id], process(once)))).toEqual([id]);
			expect(submits()).toBe(2);
		},
		30_000,
	);
});

describe('an image that another execution of this process is still at is no one’s yet', () => {
	const second = { workflowId: 'w2', settings: { id: 'n2' }, parameters: ASYNC };

	it('and is handed over, if that one does not submit it', async () => {
		const ids = addImages(3);
		ids.forEach((id) => deepMode.fault(id, { on: 'retrieve', delayMs: 500 }));
		const first = run(ids, withOptions({ maxCredits: 1 }, GO_ON));
		await waitFor('its looks', () => deepMode.requests.length === 3, { everyMs: 5 });

		const [, handedOver] = await Promise.all([first, run(ids, second)]);

		expect(jsonOf(handedOver).map(({ accepted }) => accepted)).toEqual(ids.map(() => undefined));
		expect(submits()).toBe(3);
	});

	it('and comes out, if that one waits for it, and no callback will come', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 1000;
		const first = run([id]);
		await waitFor('the submission', () => submits() === 1, { everyMs: 5 });

		const [, handedOver] = await Promise.all([first, run([id], second)]);

		expect(jsonOf(handedOver)).toEqual([
			expect.objectContaining({ id, upscaled: true, callback: false }),
		]);
		expect(deepMode.spent).toBe(3);
	});

	it('and is in work, as soon as that one has handed it over', async () => {
		const [id = '', slow = ''] = addImages(2);
		deepMode.workMs = 60_000;
		deepMode.fault(id, { on: 'retrieve', delayMs: 500 });
		deepMode.fault(slow, { on: 'retrieve', delayMs: 10_000 });
		const setup = { ...WORKFLOW, parameters: ASYNC };
		const { finished, cancel } = startExecution(credentials(), toItems([id, slow]), setup);
		await waitFor('its looks', () => deepMode.requests.length === 2, { everyMs: 5 });

		const started = Date.now();
		const again = await run([id], second);

		expect(Date.now() - started).toBeLessThan(5000);
		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(submits()).toBe(1);
		cancel();
		await finished;
	});

	it('and is said to be in work after one timeout', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		const { finished, cancel } = startExecution(credentials(), toItems([id]), WORKFLOW);
		await waitFor('the submission', () => submits() === 1, { everyMs: 5 });

		const again = await run([id], {
			...second,
			parameters: { ...ASYNC, options: { timeout: 1 } } as INode['parameters'],
		});

		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(again.hints).toContain('1 was in work already (3 credits saved)');
		cancel();
		await finished;
	});
});

describe('an image that another process has in work', () => {
	it('comes out when it is done, however long another takes that was given up', async () => {
		const [done = '', givenUp = ''] = addImages(2);
		deepMode.workMs = (id) => (id === done ? 2000 : 60_000);
		deepMode.fault(givenUp, { status: 422, delayMs: 800 });
		const others = [run([done], inAnotherProcess(GO_ON)), run([givenUp], inAnotherProcess(GO_ON))];
		await waitFor('the submissions', () => submits() === 2, { everyMs: 5 });

		const waiting = await run([done, givenUp], withOptions({ timeout: 3 }, GO_ON));

		expect(submits()).toBe(3);
		expect(upscaledIds(waiting)).toEqual([done]);
		await Promise.all(others);
	});

	it('is asked for at the pauses only, by all who wait for it', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 2500;
		const first = run([id], inAnotherProcess());
		await waitFor('the submission', () => submits() === 1, { everyMs: 5 });

		const all = await Promise.all([first, run([id]), run([id])]);

		expect(all.map(upscaledIds)).toEqual([[id], [id], [id]]);
		// The first, and for each of the two: at first, and after 0.5, 1, and 2 seconds.
		expect(deepMode.requests.length).toBeLessThanOrEqual(2 + 2 * 4);
	});
});

describe('a claim ends', () => {
	it('for a refused image, while its run still goes on', async () => {
		const [refused = '', slow = ''] = addImages(2);
		deepMode.fault(refused, { status: 422 });
		deepMode.fault(slow, { delayMs: 4000 });
		const setup = { ...GO_ON, parameters: ASYNC };
		let isOver = false;
		const first = run([refused, slow], setup).then(() => (isOver = true));

		await waitFor('the refused image to be submitted again', async () => {
			await run([refused], setup);
			return deepMode.charges(refused).length === 1;
		});

		expect(isOver).toBe(false);
		await first;
	});

	it.each([
		['refused', { status: 422, body: { message: 'too large' } }, {}],
		['never accepted', { status: 429, headers: { 'retry-after': '60' } }, { timeout: 1 }],
	])('for an image that was %s: it can be submitted at once', async (_, fault, options) => {
		const ids = addImages(2);
		ids.forEach((id) => deepMode.fault(id, fault));
		await run(ids, withOptions(options, GO_ON));

		const again = await run(ids, inAnotherProcess());

		expect(upscaledIds(again)).toEqual(ids);
		expect(deepMode.spent).toBe(6);
	});

	it('for a refused image, though n8n’s database was away for the rest of the run', async () => {
		const [refused = '', slow = ''] = addImages(2);
		jest
			.spyOn(ExecuteContext.prototype, 'logger', 'get')
			.mockReturnValue({ debug: () => undefined, warn: () => undefined } as never);
		deepMode.fault(refused, { status: 422, delayMs: 300 });
		const first = run([refused, slow], GO_ON);
		await waitFor('the submissions', () => submits() === 2, { everyMs: 5 });
		deduplicator.failure = new Error('database is locked');
		await first;
		deduplicator.failure = undefined;

		const again = await run([refused], withOptions({ timeout: 1 }));

		expect(upscaledIds(again)).toEqual([refused]);
	});

	it('for all images that came out upscaled: nothing of them is left in the database', async () => {
		const ids = addImages(40);
		deepMode.workMs = 0;

		await run(ids);

		expect(await deduplicator.getProcessedDataCount()).toBe(0);
	});

	it('for images that were upscaled before', async () => {
		const ids = deepMode.addImages(5, { upscaled: true }).map(({ id }) => id);

		await run(ids);

		expect(await deduplicator.getProcessedDataCount()).toBe(0);
	});

	it('when a callback says that it failed: the next run of the node submits it', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		await run([id], { ...WORKFLOW, parameters: ASYNC });
		const trigger = new TriggerUnderTest(credentials(), { events: ['image.failed'] });
		const [submission] = deepMode.requests.filter(({ method }) => method === 'POST');
		const { callback } = submission?.body as { callback: string };
		await trigger.call(new URL(callback).search.slice(1), {
			message: 'Upscaling failed: too dark',
		});

		deepMode.workMs = 0;
		expect(upscaledIds(await run([id]))).toEqual([id]);
	});

	it('for images that a stopped run has not sent', async () => {
		const ids = addImages(40);
		deepMode.workMs = 60_000;
		const { finished, cancel } = startExecution(credentials(), toItems(ids), WORKFLOW);
		await waitFor('submissions', () => submits() >= 10, { everyMs: 5 });
		cancel();
		await finished;
		// Each with a key for this hour and the last.
		await waitFor(
			'what was not sent to be given back',
			async () => (await deduplicator.getProcessedDataCount()) === 2 * 10,
		);
		deepMode.workMs = 0;

		const again = await run(ids.slice(10), inAnotherProcess());

		expect(upscaledIds(again)).toEqual(ids.slice(10));
	});
});

describe('a claim stays', () => {
	it('for an image that two tries have not settled', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		deepMode.fault(id, { cut: 'after' });
		const parameters = { options: { timeout: 1 } };
		const tries = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };
		const first = await run([id], { ...WORKFLOW, parameters, settings: { id: 'n1', ...tries } });
		expect(first.error?.message).toMatch(/^It is not known whether/);

		const setup = { ...WORKFLOW, parameters };
		const again = [await run([id], setup), await run([id], inAnotherProcess(setup))];

		expect(again.map(({ error }) => error?.message)).toEqual([
			expect.stringContaining('in work'),
			expect.stringContaining('in work'),
		]);
		expect(submits()).toBe(1);
	});

	it.each([
		['this process', (setup: NodeSetup) => setup],
		['another process', inAnotherProcess],
	])('for an image that %s has in work, when Submit Again is refused', async (_, there) => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		await run([id], there({ ...WORKFLOW, parameters: ASYNC }));
		deepMode.credits = 0;
		const refused = await run([id], withOptions({ ifInWork: 'submitAgain' }));
		expect(refused.error?.message).toContain('credits');
		deepMode.credits = 100;

		const setup = withOptions({ timeout: 1 });
		const again = [await run([id], setup), await run([id], inAnotherProcess(setup))];

		expect(again.map(({ error }) => error?.message)).toEqual([
			expect.stringContaining('in work'),
			expect.stringContaining('in work'),
		]);
		expect(deepMode.spent).toBe(3);
	});

	it('for an image that an agent’s tool has handed over, when the agent asks for it again', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;

		const [first, again] = await callToolTwice(id, ASYNC);

		expect(first?.accepted).toBeUndefined();
		expect(again?.accepted).toBe('earlier');
		expect(submits()).toBe(1);
	});

	it('of Submit Again, for an hour at least, though the claim before it was of the last hour', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		const setup = { ...WORKFLOW, parameters: ASYNC };
		atMinute(30);
		await run([id], setup);
		atMinute(119);
		await run([id], withOptions({ ifInWork: 'submitAgain', timeout: 1 }, GO_ON));
		atMinute(121);

		const again = await run([id], inAnotherProcess(setup));

		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(submits()).toBe(2);
	});

	it('for an hour at least, though somebody waits who asked before it was made', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		const handOver = (options: IDataObject = {}) =>
			inAnotherProcess({ ...WORKFLOW, parameters: { ...ASYNC, options } as INode['parameters'] });
		atMinute(30);
		await run([id], handOver());
		atMinute(119);
		const waiting = run([id], withOptions({ timeout: 2 }, GO_ON));
		await waitFor('its first look', () => deepMode.requests.length === 3, { everyMs: 5 });
		await run([id], handOver({ ifInWork: 'submitAgain' }));
		await waiting;
		atMinute(121);

		const again = await run([id], handOver());

		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(submits()).toBe(2);
	});

	it('when a callback says again that an earlier submission failed', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		const setup = { ...WORKFLOW, parameters: ASYNC };
		const trigger = new TriggerUnderTest(credentials(), {
			events: ['image.failed'],
			options: { ignoreRepeats: false },
		});
		await run([id], setup);
		const [submission] = deepMode.requests.filter(({ method }) => method === 'POST');
		const { callback } = submission?.body as { callback: string };
		const tellFailure = async () =>
			await trigger.call(new URL(callback).search.slice(1), { message: 'Upscaling failed' });
		await tellFailure();
		later(MINUTE);
		await run([id], setup);
		await tellFailure();

		const again = await run([id], setup);

		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(submits()).toBe(2);
	});

	it('of another process, for an image that was refused while n8n’s database was away', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		jest
			.spyOn(ExecuteContext.prototype, 'logger', 'get')
			.mockReturnValue({ debug: () => undefined, warn: () => undefined } as never);
		deepMode.fault(id, { status: 422, delayMs: 800 });
		deduplicator.failure = new Error('database is locked');
		const refused = run([id], GO_ON);
		await waitFor('the submission', () => submits() === 1, { everyMs: 5 });
		deduplicator.failure = undefined;
		await run([id], inAnotherProcess({ ...WORKFLOW, parameters: ASYNC }));
		await refused;

		const again = await run([id], withOptions({ timeout: 1 }));

		expect(again.error?.message).toContain('in work');
		expect(submits()).toBe(2);
	});

	it('of Submit Again, when a run ends that had claimed the image before, and not sent it', async () => {
		const [id = ''] = addImages(1);
		deepMode.workMs = 60_000;
		deepMode.fault(id, { on: 'retrieve', delayMs: 2000 });
		const setup = { ...WORKFLOW, parameters: ASYNC };
		const { finished, cancel } = startExecution(credentials(), toItems([id]), setup);
		await waitFor('its look', () => deepMode.requests.length === 1, { everyMs: 5 });
		const options = { ifInWork: 'submitAgain' };
		await run([id], { ...WORKFLOW, parameters: { ...ASYNC, options } });
		cancel();
		await finished;
		await sleep(100);

		const again = await run([id], inAnotherProcess(setup));

		expect(jsonOf(again)).toEqual([expect.objectContaining({ accepted: 'earlier' })]);
		expect(submits()).toBe(1);
	});

	it('of another process, for images that a run has come across and not got to', async () => {
		const quick = addImages(20);
		const inWork = addImages(10);
		deepMode.workMs = (id) => (inWork.includes(id) ? 60_000 : 0);
		await run(inWork, inAnotherProcess({ ...WORKFLOW, parameters: ASYNC }));
		const options = withOptions({ maxConcurrency: 2 });

		const failed = await run([...quick, 'no-such-image', ...inWork], options);
		const again = await run(inWork, withOptions({ timeout: 1 }, GO_ON));

		expect(failed.error?.message).toContain('no-such-image');
		expect(jsonOf(again).map(({ error }) => error)).toEqual(
			inWork.map(() => expect.stringContaining('in work')),
		);
		expect(submits()).toBe(31);
	});
});

describe('an agent that asks twice at once for the same image', () => {
	it('with Submit Again gets it twice, and pays once', async () => {
		const [id = ''] = addImages(1);

		const both = await callToolAtOnce(id, { ifInWork: 'submitAgain' });

		expect(both).toEqual([
			expect.objectContaining({ id, upscaled: true, credits: 3 }),
			expect.objectContaining({ id, upscaled: true, credits: 0 }),
		]);
		expect(deepMode.spent).toBe(3);
	});

	it('with Upscale Again pays for each', async () => {
		const [id = ''] = addImages(1);

		const both = await callToolAtOnce(id, { ifUpscaled: 'upscaleAgain' });

		expect(both).toEqual([
			expect.objectContaining({ id, upscaled: true, credits: 3 }),
			expect.objectContaining({ id, upscaled: true, credits: 3 }),
		]);
		expect(deepMode.spent).toBe(6);
	});
});

describe('what is recorded in n8n’s database, and overwritten by another process', () => {
	it('is recorded again, until it stays', async () => {
		const ids = addImages(5);
		const setup = { ...WORKFLOW, parameters: ASYNC };
		const rival = deduplicator.overwrite('w1/n1', 10);
		const [{ outputs }] = await Promise.all([run(ids, setup), rival]);

		expect(outputs[0]?.map(({ json }) => json.accepted)).toEqual(ids.map(() => undefined));
		expect(deepMode.spent).toBe(15);
	});

	it('stays, too, for images so quick that claims run ahead of them', async () => {
		const ids = addImages(300);
		deepMode.workMs = 60_000;
		const setup = { ...WORKFLOW, parameters: ASYNC };

		await Promise.all([run(ids, setup), deduplicator.overwrite('w1/n1', 30, 80)]);
		const again = await run(ids, inAnotherProcess(setup));

		expect(jsonOf(again).map(({ accepted }) => accepted)).toEqual(ids.map(() => 'earlier'));
		expect(deepMode.spent).toBe(900);
	});
});

it('n8n’s database that was stuck for a minute costs half a minute more', async () => {
	const ids = addImages(20);
	deduplicator.gapMs = MINUTE;

	const { result, passed } = await onMovedClock(async () => {
		const running = run(ids);
		await sleep(500);
		deduplicator.gapMs = 0;
		return await running;
	});

	expect(upscaledIds(result)).toEqual(ids);
	expect(passed).toBeLessThan(1.6 * MINUTE);
});

it('n8n’s database that was away for a second is told of what is in work, all the same', async () => {
	const ids = addImages(5);
	deepMode.workMs = 60_000;
	const setup = { ...WORKFLOW, parameters: ASYNC };
	deduplicator.failure = new Error('database is locked');

	const [again] = (
		await onMovedClock(async () => {
			const running = run(ids, setup);
			await sleep(1000);
			deduplicator.failure = undefined;
			await running;
			return [await run(ids, inAnotherProcess(setup))];
		})
	).result as [Execution];

	expect(jsonOf(again).map(({ accepted }) => accepted)).toEqual(ids.map(() => 'earlier'));
	expect(deepMode.spent).toBe(15);
});

it('n8n’s database that was away for longer is told again of what comes a minute later', async () => {
	const ids = addImages(20);
	deepMode.workMs = 20_000;
	const setup = { ...WORKFLOW, parameters: { options: { maxConcurrency: 1 } } };
	deduplicator.failure = new Error('database is locked');

	const both = (
		await onMovedClock(async () => {
			const running = run(ids, setup);
			await sleep(10_000);
			deduplicator.failure = undefined;
			await sleep(2 * MINUTE);
			return await Promise.all([running, run(ids, inAnotherProcess(setup))]);
		})
	).result as [Execution, Execution];

	expect(both.map(upscaledIds)).toEqual([ids, ids]);
	expect(deepMode.spent).toBe(60);
});

describe('where n8n’s database cannot be asked', () => {
	it.each([
		['it fails', () => new DeepMode(), 'Error: database is locked'],
		[
			'n8n offers no way to',
			withoutHelpers,
			'TypeError: checkProcessedAndRecord is not a function',
		],
	])(
		'since %s, this process still knows, and n8n’s log says so once a run',
		async (_, type, why) => {
			const ids = addImages(20);
			deduplicator.failure = new Error('database is locked');
			const warn = jest.fn();
			jest
				.spyOn(ExecuteContext.prototype, 'logger', 'get')
				.mockReturnValue({ debug: () => undefined, warn } as never);
			const setup = { ...WORKFLOW, nodeType: type() };

			const first = startExecution(credentials(), toItems(ids), setup).finished;
			await waitFor('submissions', () => submits() >= 5, { everyMs: 5 });
			const both = await Promise.all([first, run(ids, setup)]);

			expect(both.map(upscaledIds)).toEqual([ids, ids]);
			expect(deepMode.spent).toBe(60);
			const warning = `DeepMode node "DeepMode": what is in work cannot be recorded in n8n's database, so that only this process knows of it (${why})`;
			expect(warn.mock.calls).toEqual([[warning], [warning]]);
		},
	);
});

/** The node on an n8n that has no helper to remember by. */
function withoutHelpers(): INodeType {
	const nodeType = new DeepMode();
	const { execute: executeNode } = nodeType;
	nodeType.execute = async function () {
		Object.assign(this.helpers, { checkProcessedAndRecord: undefined, removeProcessed: undefined });
		return await executeNode.call(this);
	};
	return nodeType;
}

/** As an agent that asks for the same image twice. @returns what comes out of each call */
async function callToolTwice(id: string, parameters: IDataObject): Promise<IDataObject[]> {
	const tool = deepModeNode(CREDENTIAL, parameters, { type: 'n8n-nodes-deepmode.deepModeTool' });
	const file = chain(node('Items', 'test.items', 1), node('Loop', 'test.loop', 1));
	file.nodes.push(tool);
	file.connections.Loop = { main: [[], [to(tool.name)]] };
	file.connections[tool.name] = { main: [[to('Loop')]] };
	const types = { ...typesFor(toItems([id, id])), [tool.type]: new DeepMode() };
	const workflow = toWorkflow(file, types, WORKFLOW.workflowId);
	const { data } = await new WorkflowExecute(
		additionalData(credentials()),
		'manual',
		createEmptyRunExecutionData(),
	).run({ workflow, startNode: workflow.getNode('Items') ?? undefined });
	const calls = data.resultData.runData[tool.name] ?? [];
	return calls.map((call) => call.data?.main?.[0]?.[0]?.json ?? {});
}

/** As an agent that makes both calls of a message at once. @returns what comes out of each call */
async function callToolAtOnce(id: string, options: IDataObject): Promise<IDataObject[]> {
	const parameters = { imageId: id, options: { addCost: true, ...options } } as INode['parameters'];
	const tool = deepModeNode(CREDENTIAL, parameters, { type: 'n8n-nodes-deepmode.deepModeTool' });
	const workflow = toWorkflow(chain(tool), { [tool.type]: new DeepMode() }, WORKFLOW.workflowId);
	const data = createRunExecutionData({});
	const additional = additionalData(credentials());
	const call = async () => {
		const items = [{ json: {} }];
		const main = { main: [items] };
		const executeData = { node: tool, data: main, source: null };
		const context = new ExecuteContext(
			workflow,
			tool,
			additional,
			'manual',
			data,
			0,
			items,
			main,
			executeData,
			[],
		);
		const [output] = await new DeepMode().execute.call(context);
		return output?.[0]?.json ?? {};
	};
	const first = call();
	await waitFor('the submission', () => submits() === 1, { everyMs: 5 });
	return await Promise.all([first, call()]);
}
