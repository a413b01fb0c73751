import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const NODE = 'nodes/DeepMode/**';
const TRIGGER = 'nodes/DeepModeTrigger/**';
const RUN = 'nodes/DeepMode/run/**';
const RESOURCES = 'nodes/DeepMode/resources/**';
const DISPATCH = 'nodes/DeepMode/*.ts';
const SHARED = 'nodes/shared/**';
const [API, CALLBACK, FILES] = ['api', 'callback', 'files'].map(
	(room) => `nodes/shared/${room}/**`,
);

/** What each room must not import, from the bottom up: the map is in CONTRIBUTING.md. */
const ROOMS = [
	{ room: 'nodes/shared/*.ts', above: [API, CALLBACK, FILES, NODE, TRIGGER] },
	{ room: API, above: [CALLBACK, FILES] },
	{ room: CALLBACK, above: [FILES] },
	{ room: FILES, above: [CALLBACK] },
	{ room: SHARED, above: [NODE, TRIGGER] },
	{ room: RUN, above: [RESOURCES, DISPATCH] },
	{ room: RESOURCES, above: [DISPATCH] },
	{
		room: 'nodes/DeepMode/resources/image/handOver/**',
		above: ['nodes/DeepMode/resources/image/pause/**'],
	},
	{ room: NODE, above: [TRIGGER] },
	{ room: TRIGGER, above: [NODE] },
	{ room: 'credentials/**', above: [CALLBACK, FILES, NODE, TRIGGER] },
];

// Which way data flows in the shipped code; n8n's own rules for it are in its own configuration.
export default tseslint.config({
	files: ['**/*.ts'],
	extends: [tseslint.configs.base],
	plugins: { 'import-x': importX },
	settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
	rules: {
		'import-x/no-cycle': 'error',
		'import-x/no-restricted-paths': [
			'error',
			{ zones: ROOMS.map(({ room, above }) => ({ target: room, from: above })) },
		],
	},
});
