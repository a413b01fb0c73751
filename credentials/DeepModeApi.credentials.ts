import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

import { parseBaseUrl } from '../nodes/shared/api/baseUrl';

/** A DeepMode API key, and where the API is. Source: DeepMode docs, "Authentication". */
export class DeepModeApi implements ICredentialType {
	name = 'deepModeApi';

	displayName = 'DeepMode API';

	icon: Icon = { light: 'file:../icons/deepmode.svg', dark: 'file:../icons/deepmode.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-deepmode/n8n-nodes-deepmode#set-up-the-credential';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'The secret API key of your DeepMode account',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.deepmode.ai',
			placeholder: 'e.g. https://api.deepmode.ai',
			description:
				'Where the DeepMode API is. The API key is sent to this address and to no other. Must start with https://, except for this very machine.',
		},
	];

	/**
	 * Adds the API key to a request, and refuses where somebody else than the Base URL's origin could
	 * read it: users can pick this credential in the HTTP Request node, with any URL and any options,
	 * and one that is shared with them must not tell them its key.
	 *
	 * @param credentials `apiKey` and `baseUrl`
	 * @param request as n8n is about to send it
	 * @returns the request with its Authorization header
	 * @throws Error if the request goes to another origin, through a proxy of its own, without n8n's
	 * own TLS checks or under another host's name, or if the Base URL is unusable
	 */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const baseUrl = parseBaseUrl(credentials.baseUrl);
		const addresses = targets(request);
		const foreign = addresses.find((target) => target.origin !== baseUrl.origin);
		if (foreign || addresses.length === 0) {
			throw new Error(
				`The DeepMode API key is sent to ${baseUrl.origin} only, not to ${foreign?.origin ?? 'an address that is not told'}. Change the URL, or use another credential.`,
			);
		}
		const leak = leakOf(request);
		if (leak) {
			throw new Error(
				`The DeepMode API key is not sent ${leak}, where others could read it. Remove that option, or use another credential.`,
			);
		}
		return {
			...request,
			headers: { ...request.headers, Authorization: `Bearer ${String(credentials.apiKey).trim()}` },
			...NO_REDIRECTS,
		};
	}

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/api/check-balance',
			disableFollowRedirect: true,
		},
		rules: [
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'remaining_balance',
					value: undefined,
					message:
						'What answers at the Base URL is not the DeepMode API: it does not tell a balance',
				},
			},
		],
	};
}

/** By the names of n8n's newer and older helpers: both would take the key along to a subdomain. */
const NO_REDIRECTS = {
	disableFollowRedirect: true,
	followRedirect: false,
	followAllRedirects: false,
	sendCredentialsOnCrossOriginRedirect: false,
};

/** A request by n8n's newer or older helpers, which have other names for some things. */
type AnyRequest = IHttpRequestOptions & {
	uri?: string;
	rejectUnauthorized?: boolean;
	agentOptions?: { rejectUnauthorized?: boolean; ca?: unknown };
};

/**
 * How somebody could read a request on its way to the right address, or in the answer. A proxy in
 * n8n's own settings does not show here, and is the choice of whoever runs n8n.
 *
 * @returns to follow after "the key is not sent"
 */
function leakOf(request: AnyRequest): string | undefined {
	if (request.proxy) return 'through a proxy that a node chooses';
	const { skipSslCertificateValidation, rejectUnauthorized, agentOptions } = request;
	const isUnchecked =
		skipSslCertificateValidation === true ||
		[rejectUnauthorized, agentOptions?.rejectUnauthorized].includes(false);
	if (isUnchecked) return 'without checking the certificate (Ignore SSL Issues)';
	// Whoever says what to trust has their own certificate pass the check.
	if (agentOptions?.ca) return 'with a CA that a node chooses (SSL Certificates)';
	// Any text can be a method, by expression, and some servers send back all that came with this one.
	if (String(request.method).toUpperCase() === 'TRACE') return 'with TRACE';
	const names = Object.keys(request.headers ?? {}).map((name) => name.toLowerCase());
	return names.includes('host') ? 'with a Host header of its own' : undefined;
}

/** Every address a request names. */
function targets(request: AnyRequest): URL[] {
	return [request.url, request.uri]
		.filter((address) => address !== undefined)
		.map((address) => new URL(address, request.baseURL));
}
