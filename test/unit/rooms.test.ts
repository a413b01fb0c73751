import { spawnSync } from 'node:child_process';

/** What lint says of a file that imports others, in its own words. */
function lintOf(file: string, imports: string[]): string {
	const { stdout, stderr } = spawnSync(
		'node_modules/.bin/eslint',
		['--config', 'test/rooms.eslint.config.mjs', '--stdin', '--stdin-filename', file],
		{ input: imports.map((path) => `import '${path}';\n`).join(''), encoding: 'utf8' },
	);
	return stdout + stderr;
}

describe('rooms', () => {
	it.each([
		['nodes/shared/api/gate.ts', ['../../DeepMode/run/batch', '../files/download']],
		['nodes/shared/text.ts', ['./api/image']],
		['nodes/DeepMode/run/batch.ts', ['../resources/image/messages', '../DeepMode.node']],
		['nodes/DeepModeTrigger/receive.ts', ['../DeepMode/run/batch']],
	])('lint refuses what %s must not import', (file, imports) => {
		const said = lintOf(file, imports);
		for (const path of imports) {
			expect(said).toContain(`"${path}" imported in restricted zone`);
		}
	});

	it('lint takes what is below', () => {
		expect(lintOf('nodes/DeepMode/run/batch.ts', ['../../shared/lanes'])).toBe('');
	});
});
