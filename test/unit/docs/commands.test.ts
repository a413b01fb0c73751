import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import packageJson from '../../../package.json';
import { ROOT } from '../../shared/paths';
import { documents, readDocument } from './markdown';

const scripts: Record<string, string> = packageJson.scripts;
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What runs each shell command of the docs: a file, and what in it does. */
const RUN_BY: Record<string, [file: string, as: string]> = {
	'README.md#Installation': ['test/e2e/readmeInstall.ts', "heading === 'Installation'"],
	'README.md#Try it without an account': ['.ci/run', 'npm ci && npm test'],
	'docs/callbacks.md#In another language': [
		'test/unit/docs/callbacks.test.ts',
		"describe('the example in shell'",
	],
	'docs/performance.md#Performance': ['.github/workflows/long.yml', 'npm run bench\n'],
};

/** Scripts that no job runs by name, and what runs them. */
const TESTED: Record<string, string> = {
	contract: 'test/contract/contract.test.ts',
	dev: 'test/system/dev.test.ts',
	emulator: 'test/unit/emulatorCli.test.ts',
	'lint:fix': 'test/system/lintFix.test.ts',
};

/** The npm scripts that a text names. */
const named = (text: string) => [
	...[...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script),
	...(/\bnpm test\b/.test(text) ? ['test'] : []),
];

it.each(documents)('the scripts that $path names are there', ({ text }) => {
	expect(named(text).filter((script) => !(script in scripts))).toEqual([]);
});

it('each script is explained', () => {
	const explained = ['README.md', 'CONTRIBUTING.md'].flatMap((path) =>
		named(readDocument(path).text),
	);

	expect(Object.keys(scripts).filter((script) => !explained.includes(script))).toEqual([]);
});

it('each script is run by a job or a test', () => {
	const jobs = ['.ci/run', ...globSync('.github/workflows/*.yml', { cwd: ROOT })].map(read);
	const run = new Set(jobs.flatMap(named));
	for (const script of run) named(scripts[script] ?? '').forEach((inner) => run.add(inner));
	for (const [script, test] of Object.entries(TESTED)) {
		if (named(read(test)).includes(script)) run.add(script);
	}

	expect(Object.keys(scripts).filter((script) => !run.has(script))).toEqual([]);
});

it('the commands in the docs are those that something runs', () => {
	const places = documents.flatMap(({ path, blocks }) =>
		blocks.filter(({ language }) => language === 'sh').map(({ heading }) => `${path}#${heading}`),
	);

	expect([...new Set(places)].sort()).toEqual(Object.keys(RUN_BY).sort());
});

it.each(Object.entries(RUN_BY))('the commands in %s are run', (_, [file, as]) => {
	expect(read(file)).toContain(as);
});

it('no block is in a language that nothing checks', () => {
	const languages = documents.flatMap(({ blocks }) => blocks.map(({ language }) => language));

	expect(['csv', 'json', 'sh', 'text']).toEqual(expect.arrayContaining(languages));
});

it('the job runs the commands of the README word for word, after one installation', () => {
	const commands = readDocument('README.md')
		.blocks.filter(({ heading }) => heading === 'Try it without an account')
		.map(({ text }) => text.trim());
	const job = read('.ci/run');

	expect(commands).toEqual(['npm ci && npm run demo -- --once', 'npm ci && npm test']);
	expect(job).toContain('\n(npm ci && npm test)\n');
	expect(job).toContain('\nnpm run demo -- --once\n');
});

it.each(documents)(
	'the two commands of the README are in no other place: $path',
	({ path, text }) => {
		const places = text.match(/npm ci && npm (test|run demo)/g) ?? [];

		expect(places).toHaveLength(path === 'README.md' ? 2 : 0);
	},
);
