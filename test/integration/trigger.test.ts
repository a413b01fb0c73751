import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { signCallbackUrl } from '../../nodes/shared/callback/signature';
import type { Emulator, ImageRecord } from '../emulator';
import { finishedImage as image, signedQuery } from '../shared/signedCallback';
import { waitFor } from '../shared/waitFor';
import type { CallAnswer } from './callbacks';
import { TriggerUnderTest } from './callbacks';
import { onMovedClock } from './clock';
import { useEmulator } from './useEmulator';

const API_KEY = 'dm_key_of_the_account';
const CALLBACK = 'https://n8n.example.com/webhook/1/deepmode';

const HOUR = 60 * 60 * 1000;
const YEAR = 365 * 24 * HOUR;

let deepMode: Emulator;
useEmulator((emulator) => (deepMode = emulator), { apiKey: API_KEY });

const trigger = (parameters = {}) => new TriggerUnderTest(deepMode.credentials, parameters);

/** The query of a genuine callback. */
const ticket = (
	imageId = 'a',
	context: IDataObject = {},
	event: 'image.upscaled' | 'image.generated' = 'image.upscaled',
) => signedQuery(API_KEY, { imageId, context, event });

/** So many fields that no result has. */
const fieldsOf = (count: number): IDataObject =>
	Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

/** JSON of a value in which `entries` stand for an object. */
function toText(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(toText).join()}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const { entries } = value as { entries?: Array<[string, unknown]> };
	if (!Array.isArray(entries)) return JSON.stringify(value);
	return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${toText(one)}`).join()}}`;
}

describe('a genuine callback', () => {
	it('starts the workflow with the image, what was asked for, and its context', async () => {
		const context = { row: 7, name: 'Zoë & Co', odd: '&=?#%+ 猫😀', nested: { a: [1, null] } };

		const received = await trigger().call(ticket('a', context), image('b'));

		expect(received.status).toBe(200);
		expect(received.answer).toEqual({ received: 1 });
		expect(received.items).toEqual([
			{
				...image('b'),
				event: 'image.upscaled',
				context,
				image_id: 'a',
				callback_id: expect.any(String),
			},
		]);
	});

	it.each([
		['one image', image('a'), 1],
		['a list', [image('a'), image('b')], 2],
		['an object with images', { images: [image('a'), image('b'), image('c')] }, 3],
		['an object with data', { data: [image('a')] }, 1],
		['an object with one image', { image: image('a') }, 1],
	])('may hold %s', async (_, body, count) => {
		const received = await trigger().call(ticket('', {}, 'image.generated'), body);

		expect(received.answer).toEqual({ received: count });
		expect(received.items?.map(({ event }) => event)).toEqual(
			Array<string>(count).fill('image.generated'),
		);
		expect(received.items?.map(({ id }) => id)).toEqual(['a', 'b', 'c'].slice(0, count));
	});

	it.each([
		[
			'a message',
			{ message: 'Upscaling failed: out of memory' },
			'Upscaling failed: out of memory',
		],
		['a detail', { detail: 'failed' }, 'failed'],
		['nothing known', { state: 3 }, ''],
		['nothing', {}, ''],
	])('that holds %s is a failure, and not lost', async (_, body, message) => {
		const received = await trigger().call(ticket('a', { row: 7 }), body);

		expect(received.answer).toEqual({ received: 1 });
		expect(received.items).toEqual([
			{
				event: 'image.failed',
				message,
				body,
				context: { row: 7 },
				image_id: 'a',
				callback_id: expect.any(String),
			},
		]);
	});

	it.each([
		['no JSON', '<html>'],
		['a text', '"a"'],
		['a number', '7'],
		['null', 'null'],
		['a list of texts', '["a"]'],
		['nothing at all', undefined],
	])('with a body that is %s is answered 400', async (_, body) => {
		const received = await trigger().call(ticket(), body);

		expect(received.status).toBe(400);
		expect(received.items).toBeUndefined();
	});

	it.each([
		['among others that are none', [7, image('a'), null], ['image.upscaled']],
		['in a list with a null', { images: [image('a'), null] }, ['image.upscaled']],
		['two wrappings deep', { data: { images: [image('a')] } }, ['image.upscaled']],
		['behind a byte order mark', `\ufeff${JSON.stringify(image('a'))}`, ['image.upscaled']],
		['with a number for an ID', image(7 as never), ['image.upscaled']],
		['but is not upscaled', image('a', { upscaled: false }), ['image.failed']],
		['not at all', [], ['image.failed']],
	])('may hold an image %s', async (_, body, events) => {
		const { items } = await trigger().call(ticket(), body);

		expect(items?.map(({ event }) => event)).toEqual(events);
	});

	it.each([
		['an ID', (list: string) => `{"id":${list}}`],
		['messages', (list: string) => `{"message":${list}}`],
		['an image', (list: string) => `{"id":"a","image_url":"u","upscaled":true,"tags":${list}}`],
		['a name', (list: string) => `[{"a\\"]]":${list}}]`],
	])(
		'may hold %s with lists in lists, but not without end: more than 100 are a 400',
		async (_, make) => {
			const inEachOther = (depth: number) => make(`${'['.repeat(depth)}"[["${']'.repeat(depth)}`);

			expect(await trigger().call(ticket(), inEachOther(98))).toMatchObject({ status: 200 });
			for (const depth of [101, 20_000, 400_000]) {
				expect(await trigger().call(ticket(), inEachOther(depth))).toMatchObject({
					status: 400,
					items: undefined,
				});
			}
		},
	);

	it.each([
		['fields', (count: number) => image('a', fieldsOf(count))],
		['images', (count: number) => ({ images: Array.from({ length: count }, () => 1) })],
		['errors', (count: number) => ({ detail: Array.from({ length: count }, () => ({})) })],
	])('may hold 9,000 %s, but not without end: more than 10,000 are a 400', async (_, make) => {
		const prompt = ',"a":'.repeat(20_000);

		expect(await trigger().call(ticket(), { ...make(9000), prompt })).toMatchObject({
			status: 200,
		});
		for (const count of [10_002, 70_000]) {
			expect(await trigger().call(ticket(), make(count))).toMatchObject({
				status: 400,
				items: undefined,
			});
		}
	});

	it.each([
		['objects for texts', { id: { toString: 1 }, image_url: 'u' }],
		['more than a megabyte', { message: 'x'.repeat(1_000_000) }],
		['messages in messages', `${'{"message":'.repeat(5000)}1${'}'.repeat(5000)}`],
		['places that are no texts', { detail: [{ msg: 'x', loc: [{ toString: 1 }] }] }],
	])('that holds %s does not bring the trigger down', async (_, body) => {
		const received = await trigger().call(ticket(), body);

		expect([200, 400, 413]).toContain(received.status);
		expect(received.items ?? []).not.toContainEqual({});
	});

	it('may hold any JSON: it starts the workflow, or is answered 400', async () => {
		const word = fc.constantFrom(
			'id',
			'image_url',
			'images',
			'data',
			'message',
			'errors',
			'__proto__',
		);
		const json = fc.letrec<{ value: unknown }>((tie) => ({
			value: fc.oneof(
				{ maxDepth: 6 },
				fc.jsonValue(),
				fc.array(tie('value')),
				// As texts, since in JavaScript's objects "__proto__" is no name like others.
				fc
					.array(fc.tuple(fc.oneof(word, fc.string()), tie('value')), { maxLength: 8 })
					.map((entries) => ({ entries })),
			),
		})).value;
		const own = trigger({ authentication: 'none' });

		await fc.assert(
			fc.asyncProperty(json.map(toText), async (body) => {
				const { status, items } = await own.call({}, body);

				expect([200, 400]).toContain(status);
				expect(items === undefined).toBe(status === 400);
				for (const item of items ?? []) {
					expect(item.event).toMatch(/^image\.(upscaled|generated|failed)$/);
					expect(Object.getPrototypeOf(item)).toBe(Object.prototype);
				}
				expect(Object.keys(Object.prototype)).toEqual([]);
			}),
			{ numRuns: 1000 },
		);
	});

	it('has no say in what the ticket says', async () => {
		const lies = { context: 'x', image_id: 'x', callback_id: 'x', refetched: true, event: 'x' };

		const signed = await trigger().call(ticket('a', { row: 7 }), image('a', lies));
		const open = await trigger({ authentication: 'none' }).call({}, image('a', lies));

		expect(signed.items?.[0]).toMatchObject({ context: { row: 7 }, image_id: 'a' });
		expect(open.items).toEqual([{ ...image('a'), event: 'image.upscaled' }]);
	});

	it('of an event that is not selected starts nothing', async () => {
		const onlyFailures = trigger({ events: ['image.failed'] });

		expect(await onlyFailures.call(ticket(), image('a'))).toMatchObject({
			status: 200,
			answer: { received: 0 },
			items: undefined,
		});
		expect((await onlyFailures.call(ticket(), { message: 'x' })).items).toHaveLength(1);
	});

	it('is let in whatever order its parameters are in, with foreign ones among them', async () => {
		const parameters = ticket('a', { row: 7 }).split('&').reverse();

		const received = await trigger().call(
			['utm=1', ...parameters, 'dm=2', 'x=1', 'x=2'].join('&'),
			image('a'),
		);

		expect(received.items?.[0]?.context).toEqual({ row: 7 });
	});

	it('is not let in with another API key', async () => {
		const changed = new TriggerUnderTest({ ...deepMode.credentials, apiKey: 'dm_new_key' });

		expect(await changed.call(ticket(), image('a'))).toMatchObject({ status: 401 });
	});

	it('is let in within a second after the API key was changed, and with the old key no more', async () => {
		const own = trigger();
		await own.call(ticket(), image('a'));
		own.credentials = { ...deepMode.credentials, apiKey: 'dm_new_key' };
		const renewed = new URL(
			signCallbackUrl(
				CALLBACK,
				{ event: 'image.upscaled', imageId: 'b', context: {} },
				'dm_new_key',
			),
		).search.slice(1);

		const received = await Promise.all(
			Array.from({ length: 20 }, async (_, row) => await own.call(renewed, image(`${row}`))),
		);

		expect(received.map(({ status }) => status)).toEqual(Array(20).fill(200));
		expect(own.decryptions).toBe(2);
		expect(await own.call(ticket(), image('c'))).toMatchObject({ status: 401 });
	});

	it('opens no trigger with another credential, though both are called at once', async () => {
		const [one, other] = [
			trigger(),
			new TriggerUnderTest({ ...deepMode.credentials, apiKey: 'dm_other_key' }),
		];

		const received = await Promise.all(
			[one, other].map(async (called) => await called.call(ticket(), image('a'))),
		);

		expect(received.map(({ status }) => status)).toEqual([200, 401]);
	});

	it('is decrypted for once in a burst', async () => {
		const own = trigger();

		await Promise.all(
			Array.from({ length: 50 }, async (_, row) => await own.call(ticket(), image(`${row}`))),
		);

		expect(own.decryptions).toBe(1);
	});

	it('is let in until it expires, 24 hours later', async () => {
		const query = ticket();
		const now = Date.now();

		jest.spyOn(Date, 'now').mockReturnValue(now + 23.9 * HOUR);
		expect(await trigger().call(query, image('a'))).toMatchObject({ status: 200 });
		jest.spyOn(Date, 'now').mockReturnValue(now + 24.1 * HOUR);
		expect(await trigger().call(query, image('a'))).toMatchObject({
			status: 401,
			items: undefined,
		});
		jest.restoreAllMocks();
	});
});

describe('a forged or altered callback', () => {
	const NAMES = ['dm_event', 'dm_image', 'dm_context', 'dm_expires', 'dm_nonce', 'dm_signature'];
	const odd = fc.oneof(
		fc.string(),
		fc.string({ unit: 'binary' }),
		fc.constantFrom('&', '=', '%', '\u0000', '\n', '&dm_image=b', '%26', 'a&dm_context=e30'),
	);
	const name = fc.constantFrom(...NAMES);
	type Query = Record<string, unknown>;
	/** HMAC takes a key and the same key with zeros behind it for one; no API key has zeros. */
	const otherKey = (more: string) => `${API_KEY}${more.replaceAll('\0', '') || 'x'}`;
	const signedBy = (key: string, now: number): Query =>
		Object.fromEntries(
			new URL(
				signCallbackUrl(
					CALLBACK,
					{ event: 'image.upscaled', imageId: 'a', context: { row: 7 } },
					key,
					now,
				),
			).searchParams,
		);
	const forgeries = fc.oneof(
		name.map(
			(gone) => (query: Query) =>
				Object.fromEntries(Object.entries(query).filter(([of]) => of !== gone)),
		),
		fc.tuple(name, odd).map(([of, value]) => (query: Query) => ({ ...query, [of]: value })),
		fc.tuple(name, odd).map(([of, more]) => (query: Query) => ({
			...query,
			[of]: `${String(query[of])}${more || 'x'}`,
		})),
		fc.tuple(name, odd).map(([of, more]) => (query: Query) => ({
			...query,
			[of]: [query[of], more],
		})),
		name.map((twice) => (query: Query) => ({ ...query, [twice]: [query[twice], query[twice]] })),
		name.map((of) => (query: Query) => ({ ...query, [of]: { x: query[of] } })),
		name.map((of) => (query: Query) => {
			const value = String(query[of]);
			return { ...query, [of]: value === value.toUpperCase() ? `${value} ` : value.toUpperCase() };
		}),
		name.map((of) => (query: Query) => {
			const { [of]: value, ...rest } = query;
			return { ...rest, [of.toUpperCase()]: value };
		}),
		fc.tuple(name, name).map(([one, other]) => (query: Query) => ({
			...query,
			[one]: query[other],
			[other]: one === other ? '' : query[one],
		})),
		odd.map((more) => () => signedBy(otherKey(more), Date.now())),
		fc
			.integer({ min: 1, max: 10 * YEAR })
			.map((ago) => () => signedBy(API_KEY, Date.now() - 24 * HOUR - ago)),
	);

	it('is never let in, 1,000 times over; and the genuine one still is', async () => {
		const own = trigger();
		const genuine = Object.fromEntries(new URLSearchParams(ticket('a', { row: 7 })));
		const forged = fc
			.sample(forgeries, 1100)
			.map((forge) => forge(genuine))
			.filter((query) => JSON.stringify(query) !== JSON.stringify(genuine));
		expect(forged.length).toBeGreaterThanOrEqual(1000);

		const received = await Promise.all(
			forged.map(async (query) => ({ query, ...(await own.call(query, image('a'))) })),
		);

		expect(received.filter(({ status, items }) => status !== 401 || items)).toEqual([]);
		expect(await own.call(genuine, image('a'))).toMatchObject({ status: 200 });
	});

	it('costs at most one decryption a second, however many there are, while genuine ones come in', async () => {
		const own = trigger();
		const genuine = Object.fromEntries(new URLSearchParams(ticket()));
		const forged = { ...genuine, dm_signature: 'a'.repeat(64) };
		const started = performance.now();
		const statuses: number[] = [];
		const call = async (query: Record<string, unknown>, row: number) =>
			statuses.push((await own.call(query, image(`${row}`))).status);

		for (let round = 0; round < 3; round++) {
			const calls = Array.from({ length: 1000 }, async (_, row) => await call(forged, row));
			const good = Array.from({ length: 50 }, async (_, row) => await call(genuine, row));
			await Promise.all([...calls, ...good]);
		}

		expect(statuses.filter((status) => status === 401)).toHaveLength(3000);
		expect(statuses.filter((status) => status === 200)).toHaveLength(150);
		expect(own.decryptions).toBeLessThanOrEqual((performance.now() - started) / 1000 + 1);
	});

	it.each([
		['is unsigned', {}],
		['has a signature that cannot be one', { dm_signature: 'a' }],
		['is about an unknown event', { dm_event: 'image.deleted' }],
		['has expired', { dm_expires: '1700000000' }],
		['would be good for too long', { dm_expires: '9999999999' }],
	])('that %s is not worth a decryption', async (_, parameters) => {
		const own = trigger();
		const query = Object.fromEntries(new URLSearchParams(ticket()));
		const isUnsigned = Object.keys(parameters).length === 0;

		await own.call(isUnsigned ? {} : { ...query, ...parameters }, image('a'));

		expect(own.decryptions).toBe(0);
	});

	it('fills no log: a line a minute for each reason, with a count', async () => {
		const own = trigger();

		for (let call = 0; call < 100; call++) await own.call({}, image('a'));
		const now = performance.now();
		jest.spyOn(performance, 'now').mockReturnValue(now + 61_000);
		await own.call({}, image('a'));
		jest.restoreAllMocks();

		expect(own.log).toHaveLength(2);
		expect(own.log[1]).toContain('99 times more');
	});

	it('is told in the log, without the signature', async () => {
		const own = trigger();
		const query = Object.fromEntries(new URLSearchParams(ticket()));

		await own.call({ ...query, dm_image: 'b' }, image('a'));
		await own.call({}, image('a'));

		expect(own.log[0]).toContain('altered');
		expect(own.log[1]).toContain('unsigned');
		expect(own.log.join()).not.toContain(String(query.dm_signature));
	});

	it('with a body that is no JSON is not even read: the signature is judged first', async () => {
		expect(await trigger().call({}, '<html>')).toMatchObject({ status: 401 });
	});
});

describe('repeats', () => {
	it('start nothing', async () => {
		const own = trigger();
		const query = ticket();

		expect((await own.call(query, image('a'))).items).toHaveLength(1);
		expect(await own.call(query, image('a'))).toMatchObject({
			status: 200,
			answer: { received: 0 },
			items: undefined,
		});
	});

	it('start nothing either when they come all at once', async () => {
		const own = trigger();
		const query = ticket();

		const received = await Promise.all(
			Array.from({ length: 6 }, async () => await own.call(query, image('a'))),
		);

		expect(received.filter(({ items }) => items)).toHaveLength(1);
	});

	it('are told apart by their images: each of several callbacks to one URL counts', async () => {
		const own = trigger();
		const query = ticket('', {}, 'image.generated');

		expect((await own.call(query, image('a'))).items).toHaveLength(1);
		expect((await own.call(query, image('b'))).items).toHaveLength(1);
		expect((await own.call(query, image('a'))).items).toBeUndefined();
	});

	it('are not what comes after a failure, or after something unfinished', async () => {
		const own = trigger();
		const query = ticket();
		const bodies = [
			{ id: 'a', message: 'Upscaling images...' },
			{ message: 'first failure' },
			{ message: 'second failure' },
			image('a', { upscaled: false }),
			image('a'),
		];

		for (const body of bodies) expect((await own.call(query, body)).items).toHaveLength(1);
		for (const body of bodies) expect((await own.call(query, body)).items).toBeUndefined();
	});

	it('are known by their whole body: a forged one does not take the place of the genuine one', async () => {
		const own = trigger();
		const query = ticket();

		await own.call(query, image('a', { image_url: 'https://images.example.com/forged' }));
		const genuine = await own.call(query, image('a'));
		const repeat = await own.call(query, image('a'));

		expect(genuine.items).toMatchObject([image('a')]);
		expect(repeat.items).toBeUndefined();
	});

	it('are known by their image where the API is asked, though its URL is a fresh one', async () => {
		const { id } = deepMode.addImage({ upscaled: true });
		const own = trigger({ options: { refetch: true } });
		const query = ticket(id);

		const first = await own.call(query, image(id, { image_url: 'https://images.example.com/1' }));
		const second = await own.call(query, image(id, { image_url: 'https://images.example.com/2' }));

		expect(first.items).toMatchObject([{ id, refetched: true }]);
		expect(second.items).toBeUndefined();
	});

	it('are let in when n8n could not start the workflow for the first', async () => {
		const own = trigger();
		const query = ticket();
		own.n8nAnswers = (answer) => answer.status(500).end();

		expect((await own.call(query, image('a'))).status).toBe(500);
		own.n8nAnswers = (answer) => answer.status(200).end();
		expect((await own.call(query, image('a'))).items).toHaveLength(1);
		expect((await own.call(query, image('a'))).items).toBeUndefined();
	});

	it('that come while n8n starts the workflow wait for what becomes of it', async () => {
		const own = trigger();
		const query = ticket();
		const answers: CallAnswer[] = [];
		own.n8nAnswers = (answer) => answers.push(answer);

		await own.call(query, image('a'));
		own.n8nAnswers = (answer) => answer.status(200).end();
		const repeats = [own.call(query, image('a')), own.call(query, image('a'))];
		answers[0]?.status(500).end();

		const started = (await Promise.all(repeats)).filter(({ items }) => items);
		expect(started).toHaveLength(1);
	});

	it.each([
		['started', 200, { status: 200, answer: { received: 0 }, items: undefined }],
		['not started', 503, { status: 200, answer: { received: 1 } }],
	])(
		'of a caller who has gone are put off until n8n is done; then it has %s',
		async (_, status, then) => {
			const own = trigger();
			const query = ticket();
			const answers: CallAnswer[] = [];
			own.n8nAnswers = (answer) => answers.push(answer);

			await own.call(query, image('a'));
			own.n8nAnswers = (answer) => answer.status(200).end();
			answers[0]?.leave();
			expect(await own.call(query, image('a'))).toMatchObject({ status: 503, items: undefined });

			answers[0]?.status(status).end();
			const settled = await waitFor('the repeat to be judged', async () => {
				const received = await own.call(query, image('a'));
				return received.status !== 503 && received;
			});
			expect(settled).toMatchObject(then);
		},
	);

	it('are known by a key, and nothing else is kept of them', async () => {
		setFlagsFromString('--expose-gc');
		const collect = runInNewContext('gc') as () => void;
		const heap = () => {
			collect();
			return process.memoryUsage().heapUsed / 1e6;
		};
		const own = trigger();
		const large = 'x'.repeat(900_000);
		await own.call(ticket(), image('a', { prompt: large }));
		const before = heap();

		for (let count = 0; count < 300; count++) {
			const { status } = await own.call(ticket(`${count}`), image(`${count}`, { prompt: large }));
			expect(status).toBe(200);
		}

		expect(heap() - before).toBeLessThan(20);
	});

	it('start the workflow again if the user wants them to', async () => {
		const own = trigger({ options: { ignoreRepeats: false } });
		const query = ticket();

		await own.call(query, image('a'));

		expect((await own.call(query, image('a'))).items).toHaveLength(1);
	});

	it('start the workflow again while listening for a test event', async () => {
		const own = trigger();
		const query = ticket();

		await own.call(query, image('a'), 'manual');

		expect((await own.call(query, image('a'), 'manual')).items).toHaveLength(1);
	});

	it('are remembered for each trigger by itself', async () => {
		const query = ticket();

		await trigger().call(query, image('a'));

		expect((await trigger().call(query, image('a'))).items).toHaveLength(1);
	});
});

describe('refetch', () => {
	const refetching = () => trigger({ options: { refetch: true } });
	const upscaledImage = (fields: Partial<ImageRecord> = {}) =>
		deepMode.addImage({ upscaled: true, prompt: 'the truth', ...fields });

	it('gives what the API says, whatever the body says', async () => {
		const { id } = upscaledImage();
		const { id: other } = upscaledImage({ prompt: 'of somebody else' });

		const { items } = await refetching().call(
			ticket(id),
			image(other, { prompt: 'a lie', image_url: 'https://evil.example.com/' }),
		);

		expect(items).toHaveLength(1);
		expect(items?.[0]).toMatchObject({ id, prompt: 'the truth', refetched: true });
		expect(items?.[0]?.image_url).toContain(deepMode.filesUrl);
	});

	it.each([
		['an image that DeepMode does not know', { status: 404 }],
		['an image that is not upscaled', undefined],
	])(
		'starts the workflow as a failure for %s, and takes the real callback later',
		async (_, fault) => {
			const record = deepMode.addImage();
			if (fault) deepMode.fault(record.id, { on: 'retrieve', ...fault });
			const own = refetching();
			const query = ticket(record.id);

			const { items } = await own.call(
				query,
				image('of-somebody-else', { image_url: 'https://evil' }),
			);
			record.upscaled = true;
			const later = await own.call(query, image(record.id));

			expect(items?.map(({ event }) => event)).toEqual(['image.failed']);
			expect(items?.[0]?.image_url).not.toBe('https://evil');
			expect(later.items?.[0]).toMatchObject({ event: 'image.upscaled', refetched: true });
		},
	);

	it('looks up eight images of a body at most', async () => {
		const open = trigger({ authentication: 'none', options: { refetch: true } });
		const before = deepMode.requests.length;

		await open.call(
			{},
			Array.from({ length: 1000 }, (_, row) => image(`image-${row}`)),
		);

		expect(deepMode.requests).toHaveLength(before + 8);
	});

	it('looks up what the ticket names once, however many images a body claims', async () => {
		const { id } = upscaledImage();
		const before = deepMode.requests.length;

		await refetching().call(
			ticket(id),
			Array.from({ length: 1000 }, (_, row) => image(`image-${row}`)),
		);

		expect(deepMode.requests).toHaveLength(before + 1);
	});

	it('works without a signature', async () => {
		const { id } = upscaledImage();
		const open = trigger({ authentication: 'none', options: { refetch: true } });

		const { items } = await open.call({}, image(id, { prompt: 'a lie' }));

		expect(items?.[0]).toMatchObject({ id, prompt: 'the truth', refetched: true });
	});

	it('with the API down gives the body, and takes the repeat', async () => {
		const { id } = upscaledImage();
		deepMode.fault(id, { on: 'retrieve', status: 503, times: Infinity });
		const own = refetching();
		const query = ticket(id);

		const { result: first } = await onMovedClock(
			async () => await own.call(query, image(id, { prompt: 'as it came' })),
		);
		deepMode.clearFaults();
		const second = await own.call(query, image(id, { prompt: 'as it came' }));
		const third = await own.call(query, image(id, { prompt: 'as it came' }));

		expect(first.items?.[0]).toMatchObject({ prompt: 'as it came', refetched: false });
		expect(second.items?.[0]).toMatchObject({ prompt: 'the truth', refetched: true });
		expect(third.items).toBeUndefined();
	});

	it('with the API down drops no genuine callback for a forged one that is looked for', async () => {
		const { id } = upscaledImage();
		deepMode.fault(id, { on: 'retrieve', status: 503, times: Infinity });
		const own = refetching();
		const query = ticket(id);
		const prompts = ['a lie', 'as it came', 'as it came', 'a lie'];

		const { result } = await onMovedClock(
			async () =>
				await Promise.all(
					prompts.map(async (prompt) => await own.call(query, image(id, { prompt }))),
				),
		);

		expect(result.map(({ items }) => items?.[0]?.prompt)).toEqual([
			'a lie',
			'as it came',
			undefined,
			undefined,
		]);
	});

	it('is tried again when the API fails', async () => {
		const { id } = upscaledImage();
		deepMode.fault(id, { on: 'retrieve', status: 503, times: 3 });

		const { result } = await onMovedClock(
			async () => await refetching().call(ticket(id), image(id, { prompt: 'as it came' })),
		);

		expect(result.items?.[0]).toMatchObject({ prompt: 'the truth', refetched: true });
	});

	it('looks again for some seconds when the call says that it is done, and the API not yet', async () => {
		const record = deepMode.addImage();
		const looks = () => deepMode.requests.filter(({ path }) => path.endsWith(record.id)).length;

		const { result } = await onMovedClock(async () => {
			setTimeout(() => {
				record.upscaled = true;
			}, 3000);
			return await refetching().call(ticket(record.id), image(record.id));
		});

		expect(result.items?.[0]).toMatchObject({ event: 'image.upscaled', refetched: true });
		expect(looks()).toBeGreaterThan(1);
	});

	it.each([
		['true', 'image.upscaled'],
		[1, 'image.upscaled'],
		['false', 'image.failed'],
		[0, 'image.failed'],
	])('an image with upscaled %p is %s', async (upscaled, event) => {
		const { items } = await trigger().call(ticket('a'), image('a', { upscaled }));

		expect(items?.[0]?.event).toBe(event);
	});

	it('starts one workflow when the same callback comes six times at once', async () => {
		const { id } = upscaledImage();
		const own = refetching();
		const query = ticket(id);

		const received = await Promise.all(
			Array.from({ length: 6 }, async () => await own.call(query, image(id))),
		);

		expect(received.filter(({ items }) => items)).toHaveLength(1);
	});

	it('keeps the message of a failure', async () => {
		const { id } = deepMode.addImage();

		const { items } = await refetching().call(ticket(id), { message: 'failed' });

		expect(items?.[0]).toMatchObject({ event: 'image.failed', message: 'failed' });
	});

	it('sends an ID from a body nowhere but to the image of that ID', async () => {
		const before = deepMode.requests.length;

		await refetching().call(ticket('', {}, 'image.generated'), image('..'));
		await refetching().call(ticket('', {}, 'image.generated'), image('../check-balance'));

		expect(deepMode.requests.slice(before).map(({ path }) => path)).toEqual([
			'/api/images/..%2Fcheck-balance',
		]);
	});
});

it.each(['Signature', '', null, 'NONE'])(
	'authentication %s is not none',
	async (authentication) => {
		expect(await trigger({ authentication }).call({}, image('a'))).toMatchObject({
			status: 401,
			items: undefined,
		});
	},
);

describe('without authentication', () => {
	const open = () => trigger({ authentication: 'none' });

	it.each([
		[true, 'image.upscaled'],
		['true', 'image.upscaled'],
		[false, 'image.generated'],
		['false', 'image.generated'],
	])('upscaled: %s is %s, without a context', async (upscaled, event) => {
		const { items } = await open().call({}, image('a', { upscaled }));

		expect(items).toEqual([{ ...image('a', { upscaled }), event }]);
	});

	it('takes no context from a URL that nobody has checked', async () => {
		const { items } = await open().call(ticket('a', { row: 7 }), image('a'));

		expect(items?.[0]?.context).toBeUndefined();
	});

	it('needs no credential', async () => {
		const own = new TriggerUnderTest({ apiKey: '', baseUrl: '' }, { authentication: 'none' });

		expect((await own.call({}, image('a'))).items).toHaveLength(1);
	});
});

it('answers, and starts nothing, when its credential cannot be used', async () => {
	const own = new TriggerUnderTest({ apiKey: '', baseUrl: '' });

	const received = await own.call(ticket(), image('a'));

	expect(received).toMatchObject({ status: 500, items: undefined });
	expect(own.log.join()).toContain('credential');
});

describe('with an allowlist of IPs', () => {
	const own = (allowedIps: string, authentication = 'none') =>
		trigger({ authentication, options: { allowedIps } });

	it.each([
		['192.0.2.7', { ip: '192.0.2.7' }],
		['198.51.100.1, 192.0.2.0/24', { ip: '192.0.2.7' }],
		['192.0.2.7', { ip: '::ffff:192.0.2.7' }],
		['2001:db8::/32', { ip: '2001:db8::1' }],
		['192.0.2.7', { ip: '10.0.0.1', ips: ['192.0.2.7', '10.0.0.1'] }],
		['', { ip: '192.0.2.7' }],
	])('of "%s" a call from %j is taken', async (list, caller) => {
		const { status } = await own(list).call({}, image('a'), 'webhook', caller);

		expect(status).toBe(200);
	});

	it.each([
		['192.0.2.7', { ip: '192.0.2.8' }],
		['192.0.2.7', {}],
		['example.com', { ip: '192.0.2.7' }],
	])('of "%s" a call from %j is refused', async (list, caller) => {
		expect(await own(list).call({}, image('a'), 'webhook', caller)).toMatchObject({
			status: 403,
			items: undefined,
		});
	});

	it.each([' ', ',', '={{ null }}', '={{ [] }}'])(
		'of "%s" nobody is let in, as with a Webhook node',
		async (list) => {
			const caller = { ip: '192.0.2.7' };

			expect(await own(list).call({}, image('a'), 'webhook', caller)).toMatchObject({
				status: 403,
			});
		},
	);

	it('a signature does not let in from elsewhere', async () => {
		const signed = own('192.0.2.7', 'signature');

		expect(await signed.call(ticket(), image('a'), 'webhook', { ip: '192.0.2.8' })).toMatchObject({
			status: 403,
		});
		expect(signed.decryptions).toBe(0);
	});
});
