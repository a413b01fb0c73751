import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// For all code that is not shipped. The shipped code has n8n's own, stricter rules.
export default tseslint.config(
	js.configs.recommended,
	tseslint.configs.recommended,
	{ languageOptions: { globals: globals.node } },
	{ files: ['**/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
