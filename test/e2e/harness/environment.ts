import { delimiter, dirname } from 'node:path';

/** What n8n may see of this process's environment: enough to run and to reach the network. */
const PASSED_ON = [
	'LANG',
	'TZ',
	'NODE_EXTRA_CA_CERTS',
	'HTTP_PROXY',
	'HTTPS_PROXY',
	'NO_PROXY',
	'http_proxy',
	'https_proxy',
	'no_proxy',
];

const SETTINGS = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_ENCRYPTION_KEY: 'encryption-key-of-a-server-for-tests',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	// These call n8n's own servers, or put the assistant's buttons on every page.
	N8N_DISABLED_MODULES: 'mcp-registry,instance-ai,insights,quick-connect',
};

/**
 * The environment of a process of n8n.
 *
 * @param userFolder - n8n's N8N_USER_FOLDER
 * @param own - what this process has on top of what all have
 */
export function n8nEnvironment(
	userFolder: string,
	own: Record<string, string>,
): Record<string, string> {
	const passedOn = PASSED_ON.flatMap((name) => {
		const value = process.env[name];
		return value === undefined ? [] : [[name, value] as const];
	});
	return {
		...Object.fromEntries(passedOn),
		// n8n starts its task runner as "node", which has to be the same one.
		PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
		HOME: userFolder,
		TMPDIR: userFolder,
		N8N_USER_FOLDER: userFolder,
		...SETTINGS,
		...own,
	};
}
