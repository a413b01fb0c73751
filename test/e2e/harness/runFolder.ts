import { rmSync } from 'node:fs';

import type { AggregatedResult, TestContext } from '@jest/reporters';

/**
 * A jest reporter. It removes the folder with the data and logs of the n8n servers when all tests
 * passed, and otherwise says where it is.
 */
export default class RunFolderReporter {
	onRunComplete(_contexts: Set<TestContext>, results: AggregatedResult): void {
		const folder = process.env.E2E_FOLDER;
		if (folder === undefined) return;
		const failures = results.numFailedTests + results.numRuntimeErrorTestSuites;
		if (failures === 0 && !results.wasInterrupted) rmSync(folder, { recursive: true, force: true });
		else process.stderr.write(`The logs of n8n are kept: ${folder}/n8n-*/n8n.log\n`);
	}
}
