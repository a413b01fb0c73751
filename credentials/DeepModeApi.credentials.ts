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
	 * Adds the API key to a request, and refuses where it would leave the Base URL's origin: users
	 * can pick this credential in the HTTP Request node, with any URL.
	 *
	 * @param credentials `apiKey` and `baseUrl`
	 * @param request as n8n is about to send it
	 * @returns the request with its Authorization header
	 * @throws Error if the request goes to another origin, or the Base URL is unusable
	 */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const baseUrl = parseBaseUrl(credentials.baseUrl);
		const foreign = targets(request).find((target) => target.origin !== baseUrl.origin);
		if (foreign) {
			throw new Error(
				`The DeepMode API key is sent to ${baseUrl.origin} only, not to ${foreign.origin}. Change the URL, or use another credential.`,
			);
		}
		return {
			...request,
			headers: { ...request.headers, Authorization: `Bearer ${String(credentials.apiKey).trim()}` },
			sendCredentialsOnCrossOriginRedirect: false,
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

/** Every address a request names; older parts of n8n call it `uri`. */
function targets(request: IHttpRequestOptions & { uri?: string }): URL[] {
	return [request.url, request.uri]
		.filter((address) => address !== undefined)
		.map((address) => new URL(address, request.baseURL));
}
