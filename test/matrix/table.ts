import type { AggregatedResult, TestContext } from '@jest/reporters';

const CELLS: Record<string, string> = { passed: 'yes', failed: 'NO' };

/** A jest reporter: n8n's versions by what was tested on them, as a table in Markdown. */
export default class TableReporter {
	onRunComplete(_contexts: Set<TestContext>, { testResults }: AggregatedResult): void {
		const file = testResults.find(({ testFilePath }) => testFilePath.endsWith('matrix.test.ts'));
		const tests = file?.testResults ?? [];
		const versions = [...new Set(tests.map(({ ancestorTitles }) => ancestorTitles[0] ?? ''))];
		const features = [...new Set(tests.map(({ title }) => title))];
		const cell = (version: string, feature: string) => {
			const test = tests.find(
				({ ancestorTitles, title }) => ancestorTitles[0] === version && title === feature,
			);
			return CELLS[test?.status ?? ''] ?? 'not run';
		};
		const lines = [
			['n8n', ...features],
			['---', ...features.map(() => '---')],
			...versions.map((version) => [version, ...features.map((feature) => cell(version, feature))]),
		];
		process.stdout.write(`\n${lines.map((line) => `| ${line.join(' | ')} |\n`).join('')}`);
	}
}
