import { relative } from 'node:path';

import { ESLint } from 'eslint';

/**
 * Judges a folder as n8n's publication scan does: with its rules, and without inline disables. On
 * top of that its warnings count, too.
 *
 * @param folder - the clone, or an unpacked package
 * @param source - whether it holds the TypeScript source; otherwise what was built from it
 * @returns one line for each thing found
 */
export async function scan(folder: string, source: boolean): Promise<string[]> {
	const { SOURCE_FILE_PATTERNS, analyzePackage, buildScanConfig } = await import(
		'@n8n/scan-community-package/scanner/scanner.mjs'
	);
	const patterns = source ? SOURCE_FILE_PATTERNS : ['**/*.js', 'package.json'];
	const eslint = new ESLint({
		cwd: folder,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: await buildScanConfig(),
	});
	const findings = (await eslint.lintFiles(patterns)).flatMap(({ filePath, messages }) =>
		messages.map(
			({ line, message, ruleId }) =>
				`${relative(folder, filePath)}:${line} ${message} (${ruleId ?? 'not readable'})`,
		),
	);
	// n8n's own verdict. A scan that found nothing to look at passes too, but with a message.
	const { message } = await analyzePackage(folder, patterns);
	return findings.length === 0 && message !== undefined ? [message] : findings;
}
