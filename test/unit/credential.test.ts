import { DeepModeApi } from '../../credentials/DeepModeApi.credentials';

const sign = async (request: object, baseUrl = 'https://api.deepmode.ai') =>
	await new DeepModeApi().authenticate({ apiKey: 'dm_key', baseUrl }, request as never);

it.each([
	['a full URL', { url: 'https://api.deepmode.ai/api/check-balance' }],
	['a path on a base URL', { baseURL: 'https://api.deepmode.ai', url: '/api/check-balance' }],
	['the name that older helpers give to the URL', { uri: 'https://api.deepmode.ai/api/images/a' }],
	['a default port', { url: 'https://api.deepmode.ai:443/' }],
	['capitals in the host', { url: 'https://API.DeepMode.ai/' }],
])('signs a request with %s', async (_, request) => {
	const signed = await sign({ ...request, headers: { accept: 'application/json' } });

	expect(signed.headers).toEqual({ accept: 'application/json', Authorization: 'Bearer dm_key' });
	expect(signed).toMatchObject(request);
});

it.each([
	['another host', { url: 'https://example.com/' }],
	['a subdomain', { url: 'https://x.api.deepmode.ai/' }],
	['a host that starts alike', { url: 'https://api.deepmode.ai.example.com/' }],
	['a user name that looks like the host', { url: 'https://api.deepmode.ai@example.com/' }],
	['another port', { url: 'https://api.deepmode.ai:8443/' }],
	['another protocol', { url: 'http://api.deepmode.ai/' }],
	['a URL that leaves its base URL', { baseURL: 'https://api.deepmode.ai', url: '//example.com/' }],
	['backslashes for slashes', { baseURL: 'https://api.deepmode.ai', url: '\\\\example.com/' }],
	['another base URL', { baseURL: 'https://example.com', url: '/api/check-balance' }],
	['a base URL alone', { baseURL: 'https://example.com' }],
	[
		'two addresses, one of them foreign',
		{ url: 'https://api.deepmode.ai/', uri: 'https://example.com/' },
	],
])('refuses to sign a request to %s', async (_, request) => {
	await expect(sign(request)).rejects.toThrow(/is sent to https:\/\/api\.deepmode\.ai only/);
});

it.each([
	['a proxy', { proxy: 'http://127.0.0.1:8080' }, /through a proxy/],
	['a proxy in parts', { proxy: { host: '127.0.0.1', port: 8080 } }, /through a proxy/],
	['TLS checks off', { skipSslCertificateValidation: true }, /without checking the certificate/],
	['TLS checks off, by an older name', { rejectUnauthorized: false }, /without checking/],
	['TLS checks off for its agent', { agentOptions: { rejectUnauthorized: false } }, /without/],
	['a CA of its own to trust', { agentOptions: { ca: 'PEM' } }, /with a CA/],
	['a method whose answer is the request', { method: 'trace' }, /with TRACE/],
	['another Host', { headers: { hOST: 'example.com' } }, /Host header/],
])(
	'refuses to sign a request with %s, where others could read the key',
	async (_, options, why) => {
		await expect(sign({ url: 'https://api.deepmode.ai/', ...options })).rejects.toThrow(why);
	},
);

it.each([
	['n8n’s helper', { url: 'https://api.deepmode.ai/' }],
	['its older one', { uri: 'https://api.deepmode.ai/', followRedirect: true, maxRedirects: 21 }],
	['its older one, for any method', { uri: 'https://api.deepmode.ai/', followAllRedirects: true }],
])('has %s follow no redirect: it would take the key along to a subdomain', async (_, request) => {
	expect(await sign(request)).toMatchObject({
		disableFollowRedirect: true,
		followRedirect: false,
		followAllRedirects: false,
	});
});

it.each([
	['TLS checks on', { rejectUnauthorized: true, proxy: '' }],
	['a certificate to show', { agentOptions: { cert: 'PEM', key: 'PEM', passphrase: 'x' } }],
])('signs what n8n sends with %s', async (_, options) => {
	await expect(sign({ uri: 'https://api.deepmode.ai/', ...options })).resolves.toBeDefined();
});

it('takes spaces around a pasted key away', async () => {
	const signed = await new DeepModeApi().authenticate(
		{ apiKey: ' dm_key\n', baseUrl: 'https://api.deepmode.ai' },
		{ url: 'https://api.deepmode.ai/' },
	);

	expect(signed.headers?.Authorization).toBe('Bearer dm_key');
});

it.each(['http://localhost:8787', 'http://127.0.0.1', 'http://[::1]:80', 'http://127.9.9.9'])(
	'allows %s, since it is this very machine',
	async (baseUrl) => {
		await expect(sign({ baseURL: baseUrl, url: '/x' }, baseUrl)).resolves.toBeDefined();
	},
);

it.each([
	['http elsewhere', 'http://api.deepmode.ai', /must start with https/],
	['http to a name that looks local', 'http://localhost.example.com', /must start with https/],
	['http to a name that looks like an address', 'http://127.0.0.1.nip.io', /must start with https/],
	['no URL', 'api.deepmode.ai', /is not a URL/],
	['nothing', '', /is not a URL/],
	['a file', 'file:///etc/passwd', /must start with https/],
	['a password in it', 'https://me:secret@api.deepmode.ai', /must not contain/],
	['a query', 'https://api.deepmode.ai/?a=b', /must not contain/],
])('refuses a base URL that is %s', async (_, baseUrl, message) => {
	await expect(sign({ url: 'https://api.deepmode.ai/' }, baseUrl)).rejects.toThrow(message);
});
