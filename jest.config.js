const project = (name, extra = {}) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
	...extra,
});

module.exports = {
	reporters: ['default', '<rootDir>/test/e2e/harness/runFolder.ts'],
	testTimeout: 60_000,
	projects: [
		project('unit', {
			testMatch: ['unit', 'contract'].map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
		}),
		project('integration', { setupFiles: ['<rootDir>/test/integration/quiet.ts'] }),
		project('faults', { setupFiles: ['<rootDir>/test/integration/quiet.ts'] }),
		project('system', { globalSetup: '<rootDir>/test/e2e/globalSetup.ts' }),
		project('matrix', { globalSetup: '<rootDir>/test/matrix/globalSetup.ts' }),
		project('e2e', { globalSetup: '<rootDir>/test/e2e/globalSetup.ts' }),
	],
};
