/// <reference lib="esnext.disposable" />
import { join } from 'node:path';

import ts from 'typescript';

import { copyChanges } from '../../gulpfile';
import { ROOT } from '../shared/paths';
import { announce } from '../shared/progress';

const FORMAT: ts.FormatDiagnosticsHost = {
	getCanonicalFileName: (path) => path,
	getCurrentDirectory: () => ROOT,
	getNewLine: () => '\n',
};

/**
 * Builds the package again at each change of its source, as `npm run build` does, and says how it
 * went.
 *
 * @param dist the folder that the build goes to
 * @param cleanup gets what ends it
 */
export function buildChanges(dist: string, cleanup: AsyncDisposableStack): void {
	const host = ts.createWatchCompilerHost(
		join(ROOT, 'tsconfig.build.json'),
		{ outDir: dist },
		ts.sys,
		ts.createEmitAndSemanticDiagnosticsBuilderProgram,
		(diagnostic) => announce(ts.formatDiagnostic(diagnostic, FORMAT).trimEnd()),
		({ messageText }) => announce(ts.flattenDiagnosticMessageText(messageText, '\n')),
	);
	const program = ts.createWatchProgram(host);
	cleanup.defer(() => program.close());
	const copying = copyChanges(dist);
	cleanup.defer(async () => await copying.close());
}
