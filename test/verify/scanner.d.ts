/** n8n's scanner comes without types. */
declare module '@n8n/scan-community-package/scanner/scanner.mjs' {
	import type { Linter } from 'eslint';

	interface Verdict {
		passed: boolean;
		message?: string;
		details?: string;
	}

	/** Which files of the source it looks at. */
	export const SOURCE_FILE_PATTERNS: string[];

	export function buildScanConfig(): Promise<Linter.Config[]>;

	export function analyzePackage(folder: string, filePatterns: string[]): Promise<Verdict>;
}
