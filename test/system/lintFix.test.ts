import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { copyClone, type Clone } from './clone';

const run = promisify(execFile);

const TIMEOUT_MS = 180_000;

let clone: Clone;

beforeAll(async () => {
	clone = await copyClone();
});

afterAll(async () => await clone?.remove());

/** A file of each kind, and how it is spoiled. */
const SPOILED: Array<[file: string, right: string, wrong: string]> = [
	['credentials/DeepModeApi.credentials.ts', 'const baseUrl =', 'let baseUrl ='],
	['test/emulator/ledger.ts', 'const at =', 'let at ='],
	['examples/README.md', '# Examples\n', '# Examples\n\n\n'],
];

it(
	'npm run lint:fix mends what can be mended: in the package, in all else, and in the layout',
	async () => {
		const originals = new Map<string, string>();
		for (const [file, right, wrong] of SPOILED) {
			const path = join(clone.folder, file);
			const text = await readFile(path, 'utf8');
			expect(text).toContain(right);
			originals.set(path, text);
			await writeFile(path, text.replace(right, wrong));
		}

		// In the environment that jest makes, n8n's rules test themselves.
		const env = { ...process.env, NODE_ENV: undefined };
		await run('npm', ['run', 'lint:fix'], { cwd: clone.folder, env });

		for (const [path, text] of originals) expect(await readFile(path, 'utf8')).toBe(text);
	},
	TIMEOUT_MS,
);
