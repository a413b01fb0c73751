import { parseArgs } from 'node:util';

import { parseBaseUrl } from './package';

const REAL_BASE_URL = 'https://api.deepmode.ai';
/** What an HTTP header can carry, and long enough not to be any word of an answer. */
const SENDABLE_KEY = /^[\x21-\x7e]{8,}$/;

/** What the user has set: the environment says who asks what, options how. */
export interface Settings {
	apiKey: string;
	/** Without a slash at the end. */
	baseUrl: string;
	/** The first is for sync mode, the last for a callback. */
	imageIds: string[];
	modelId: string;
	/** Leads to `callbackPort` of this machine, e.g. through a tunnel. */
	callbackUrl: string;
	callbackPort: number;
	/** Asks what costs credits without a question. */
	isPaid: boolean;
	saveTo?: string;
	/** How long an answer, a result and a callback are waited for, in milliseconds. */
	patienceMs: number;
}

/** @throws an error for the user to read, when a setting is missing or wrong */
export function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
	const { values } = parseArgs({
		args,
		options: {
			yes: { type: 'boolean', default: false },
			save: { type: 'string' },
			patience: { type: 'string', default: '300' },
			'callback-port': { type: 'string', default: '8788' },
		},
	});
	const apiKey = (env.DEEPMODE_API_KEY ?? '').trim();
	if (!SENDABLE_KEY.test(apiKey)) {
		throw new Error('Set DEEPMODE_API_KEY to the API key of a DeepMode account');
	}
	return {
		apiKey,
		baseUrl: parseBaseUrl(env.DEEPMODE_BASE_URL || REAL_BASE_URL).href.replace(/\/+$/, ''),
		imageIds: (env.DEEPMODE_IMAGE_ID ?? '')
			.split(',')
			.map((id) => id.trim())
			.filter(Boolean),
		modelId: (env.DEEPMODE_MODEL_ID ?? '').trim(),
		callbackUrl: callbackUrl(env.DEEPMODE_CALLBACK_URL),
		callbackPort: numberOf('callback-port', values['callback-port']),
		isPaid: values.yes,
		saveTo: values.save,
		patienceMs: numberOf('patience', values.patience) * 1000,
	};
}

function callbackUrl(value = ''): string {
	if (value === '' || /^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
	throw new Error('DEEPMODE_CALLBACK_URL is not an http(s) URL');
}

function numberOf(option: string, value: string): number {
	if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
	throw new Error(`--${option} takes a number, and not "${value}"`);
}
