const project = (name, extra = {}) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': ['ts-jest', { isolatedModules: true, diagnostics: false }] },
	...extra,
});

module.exports = {
	projects: [project('unit'), project('integration'), project('e2e', { globalSetup: '<rootDir>/test/e2e/globalSetup.ts' })],
};
