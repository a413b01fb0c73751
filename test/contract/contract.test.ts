import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';

import { freePorts } from '../e2e/harness/ports';
import { ROOT } from '../shared/paths';
import { startEmulator, type Emulator } from '../emulator';
import { otherWay, pages, redirects, slow, startCharacter, type Manner } from './characters';
import { askContract } from './contract';

const run = promisify(execFile);

let deepMode: Emulator;
let folder: string;
let saved: string;

beforeEach(async () => {
	deepMode = await startEmulator({ credits: 1000 });
	folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-contract-'));
	saved = join(folder, 'contract.md');
});

afterEach(async () => {
	await deepMode.close();
	await rm(folder, { recursive: true });
});

/** What a user who has everything sets, and a port that the callback URL leads to. */
async function everything(): Promise<{ env: Record<string, string>; port: number }> {
	const [port] = (await freePorts(1)) as [number];
	const env = {
		DEEPMODE_API_KEY: deepMode.apiKey,
		DEEPMODE_BASE_URL: deepMode.url,
		DEEPMODE_IMAGE_ID: `${deepMode.addImage().id}, ${deepMode.addImage().id}`,
		DEEPMODE_MODEL_ID: deepMode.modelId,
		DEEPMODE_CALLBACK_URL: `http://127.0.0.1:${port}/hook?own=1`,
	};
	return { env, port };
}

interface Printed {
	text: string;
	/** By the question. */
	rows: Record<string, { seen: string; verdict: string }>;
}

function read(text: string): Printed {
	const blocks = text.matchAll(/\n\d+\. (.*)\n {3}seen {5}(.*)\n.*\n {3}verdict {2}(.*)\n/g);
	const rows = [...blocks].map(([, asks, seen, verdict]) => [asks, { seen, verdict }]);
	return { text, rows: Object.fromEntries(rows) as Printed['rows'] };
}

/** Asks, as somebody at a terminal who answers the question about credits, or without a terminal. */
async function ask(
	env: Record<string, string>,
	options: { args?: string[]; reply?: string; patience?: string } = {},
): Promise<Printed> {
	const { args = [], reply, patience = '3' } = options;
	const input = Object.assign(new PassThrough(), { isTTY: reply !== undefined });
	input.end(`${reply ?? ''}\n`);
	const output = new PassThrough();
	let text = '';
	output.on('data', (part) => (text += String(part)));
	await askContract(['--patience', patience, ...args], env, { input, output });
	return read(text);
}

/** Asks an API with manners of its own, with the user's consent to all costs. */
async function askCharacter(manner: Manner, patience?: string): Promise<Printed> {
	const { env, port } = await everything();
	const character = await startCharacter(deepMode, manner);
	try {
		return await ask(
			{ ...env, DEEPMODE_BASE_URL: character.url },
			{ args: ['--yes', '--save', saved, '--callback-port', `${port}`], patience },
		);
	} finally {
		await character.close();
	}
}

const verdicts = ({ rows }: Printed) =>
	Object.fromEntries(Object.entries(rows).map(([asks, { verdict }]) => [asks, verdict]));

/** What was printed and saved holds nothing that lets somebody in. */
async function expectNoSecrets({ text }: Printed): Promise<void> {
	for (const written of [text, await readFile(saved, 'utf8')]) {
		expect(written).not.toContain(deepMode.apiKey);
		expect(written).not.toContain(encodeURIComponent(deepMode.apiKey));
		expect(written).not.toMatch(/sig=[^*]|dm_signature|S3cret/);
	}
}

describe('an API as documented', () => {
	it('is as assumed, question by question, by npm run contract', async () => {
		const { env, port } = await everything();
		const options = ['--yes', '--patience', '2', '--save', saved, '--callback-port', `${port}`];

		const { stdout } = await run('npm', ['run', 'contract', '--', ...options], {
			cwd: ROOT,
			env: { ...process.env, ...env },
		});

		const printed = read(stdout);
		const {
			'What does an upscale get that the account cannot pay?': unpaid,
			'Is there a limit of requests, and what does it say?': limit,
			...others
		} = printed.rows;
		expect(unpaid?.verdict).toBe('not asked: the account has 1000 credits');
		expect(limit?.verdict).toBe('no verdict: none was reached');
		expect(Object.values(others).filter(({ verdict }) => verdict !== 'as assumed')).toEqual([]);
		expect(Object.keys(others)).toHaveLength(19);
		expect(stdout).toContain('0 answers would be taken wrongly. 11 credits were spent.');
		expect(deepMode.spent).toBe(11);
		await expectNoSecrets(printed);
	});

	it('is described by statuses, shapes and times', async () => {
		const { env, port } = await everything();

		const { rows } = await ask(env, { args: ['--yes', '--callback-port', `${port}`] });

		const seen = (asks: string) => rows[asks]?.seen;
		expect(seen('What does a wrong API key get?')).toMatch(
			/^401 after \d\.\d s, JSON \{ detail: text \}, it says “Could not validate credentials”$/,
		);
		expect(seen('What does an upscale answer, and how long does it take?')).toMatch(
			/^200 after \d.*upscaled: true, ratio: text.*3 credits were paid, under the same ID$/,
		);
		expect(seen('What does the file behind image_url look like?')).toBe(
			'200, image/jpeg, 256×384; the URL is good for 60 min',
		);
		expect(seen('What does a look say after it?')).toContain(
			'the file: 200, image/jpeg, 1024×1536',
		);
		expect(seen('What does its callback bring, and when?')).toMatch(
			/^\d+\.\d s after the submission: POST, application\/json; user agent /,
		);
		expect(seen('Does the callback come again after a 503, and after a 200?')).toBe(
			'1 of them (0.0 s: answered with 503)',
		);
		expect(seen('What shape has the answer of a generation?')).toContain('[1 × { id: text');
	});

	it('saves a table with what was printed', async () => {
		const { env } = await everything();

		const { rows } = await ask(env, { args: ['--save', saved] });

		const table = await readFile(saved, 'utf8');
		for (const [asks, { seen, verdict }] of Object.entries(rows)) {
			expect(table).toContain(`| ${asks} | ${seen.replaceAll('|', '\\|')} | `);
			expect(table).toContain(` | ${verdict} |`);
		}
	});
});

describe('an API that does all the other way', () => {
	it('has each difference named, and what the package would take wrongly', async () => {
		deepMode.callbackRepeats = 2;

		const printed = await askCharacter(otherWay());

		expect(verdicts(printed)).toMatchObject({
			'What does the balance look like?': 'differs, and is taken rightly: it is passed on as it is',
			'What does a wrong API key get?':
				'TAKEN WRONGLY: taken for a refusal, so that a batch would go on',
			'What does a look at an image get?': 'as assumed',
			'What does a look at an unknown image get?':
				'differs, and is taken rightly: it ends the item, with DeepMode’s words',
			'What does an upscale of an unknown image get?':
				'TAKEN WRONGLY: taken for an acceptance in mode Call Back',
			'What does an upscale without an image get?': 'as assumed',
			'What does an upscale answer, and how long does it take?':
				'differs, and is taken rightly: looks go by the ID that was asked for',
			'What does a look say after it?': 'as assumed',
			'What does a second upscale of the same image answer?': expect.stringMatching(
				/^TAKEN WRONGLY: taken for a refusal, so that it would be paid again$/,
			),
			'What does a generation with an unknown model get?':
				'TAKEN WRONGLY: taken for an acceptance in mode Call Back',
			'What shape has the answer of a generation?': 'as assumed',
		});
		expect(printed.text).toContain('4 answers would be taken wrongly');
		expect(printed.rows['What does a wrong API key get?']?.seen).toContain('“Bad key”');
		expect(
			printed.rows['Does the callback come again after a 503, and after a 200?']?.seen,
		).toMatch(/^2 of them \(0\.0 s: answered with 503; \d\.\d s: answered with 200\)$/);
		expect(printed.rows['Is there a limit of requests, and what does it say?']?.seen).toContain(
			'x-ratelimit-remaining: 7',
		);
		await expectNoSecrets(printed);
	});
});

describe('a hostile API', () => {
	/** What was seen in each row that asked something. */
	const seen = ({ rows }: Printed) =>
		Object.values(rows)
			.filter(({ verdict }) => !verdict.startsWith('not asked'))
			.map((row) => row.seen);

	it.each<[string, Manner, RegExp, string]>([
		['pages', pages, /text\/html, it says “Bearer (\*\*\*|nobodys-key.*) Sign in at/, '3'],
		['redirects', redirects('http://127.0.0.1:9'), /^307 .*, to http:\/\/127\.0\.0\.1:9/, '3'],
		['answers that never end', slow, /^no answer .*: no complete answer within 0\.4 s$/, '0.4'],
	])(
		'with %s is described, paid nothing, and not told the key',
		async (_, manner, expected, patience) => {
			const printed = await askCharacter(manner, patience);

			expect(
				seen(printed)
					.filter((row) => row !== 'nothing')
					.slice(0, 7),
			).toEqual(Array(7).fill(expect.stringMatching(expected)));
			expect(printed.text).toContain('0 answers would be taken wrongly');
			expect(deepMode.requests.filter(({ method }) => method === 'POST')).toEqual([]);
			expect(deepMode.spent).toBe(0);
			await expectNoSecrets(printed);
		},
	);

	it('has its redirects not followed', async () => {
		const lured: string[] = [];
		const other = await startCharacter(deepMode, async ({ path }) => {
			lured.push(path);
			return { status: 200, body: {} };
		});

		await askCharacter(redirects(other.url));

		await other.close();
		expect(lured).toEqual([]);
	});
});

describe('what costs credits', () => {
	const UPSCALE = 'What does an upscale answer, and how long does it take?';

	it.each([
		['there is no terminal to ask at', undefined],
		['the user says no', 'n'],
		['the user just presses Enter', ''],
	])('is not asked when %s', async (_, reply) => {
		const { env } = await everything();

		const { text, rows } = await ask(env, { reply });

		expect(text).toContain('what costs credits can cost up to 12 of 1000');
		expect(rows[UPSCALE]).toMatchObject({ seen: 'nothing' });
		expect(deepMode.charges()).toEqual([]);
	});

	it('is asked when the user says yes', async () => {
		const { env } = await everything();

		const { rows } = await ask({ ...env, DEEPMODE_CALLBACK_URL: '' }, { reply: 'y' });

		expect(rows[UPSCALE]?.verdict).toBe('as assumed');
		expect(deepMode.spent).toBe(7);
	});

	it('is not asked for which something is missing, and the row says what', async () => {
		const env = { DEEPMODE_API_KEY: deepMode.apiKey, DEEPMODE_BASE_URL: deepMode.url };

		const { rows } = await ask(env, { args: ['--yes'] });

		expect(rows[UPSCALE]?.verdict).toBe('not asked: set DEEPMODE_IMAGE_ID');
		expect(rows['What does its callback bring, and when?']?.verdict).toBe(
			'not asked: set DEEPMODE_IMAGE_ID and DEEPMODE_CALLBACK_URL',
		);
		expect(deepMode.charges()).toEqual([]);
	});

	it('is not spent on a callback that would not arrive here', async () => {
		const { env } = await everything();
		const [elsewhere] = (await freePorts(1)) as [number];

		const { rows } = await ask(env, { args: ['--yes', '--callback-port', `${elsewhere}`] });

		expect(rows['What does an upscale with a callback answer?']?.verdict).toBe(
			'not asked: a call of DEEPMODE_CALLBACK_URL does not arrive here: see --callback-port',
		);
		expect(deepMode.spent).toBe(7);
	});

	it('shows what an account without credits gets', async () => {
		const { env } = await everything();
		deepMode.credits = 2;

		const { rows } = await ask(
			{ ...env, DEEPMODE_MODEL_ID: '', DEEPMODE_CALLBACK_URL: '' },
			{ args: ['--yes'] },
		);

		expect(rows['What does an upscale get that the account cannot pay?']).toEqual({
			seen: expect.stringMatching(/^402 after /),
			verdict: 'as assumed',
		});
		expect(deepMode.charges()).toEqual([]);
	});
});

it.each([
	['Set DEEPMODE_API_KEY', {}, []],
	[
		'must start with https://',
		{ DEEPMODE_API_KEY: 'dm_12345', DEEPMODE_BASE_URL: 'http://a.b' },
		[],
	],
	['--patience takes a number', { DEEPMODE_API_KEY: 'dm_12345' }, ['--patience', 'long']],
])('says what is wrong with the settings: %s', async (words, env, args) => {
	await expect(ask(env as Record<string, string>, { args })).rejects.toThrow(words);
});
