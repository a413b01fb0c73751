import type { NodeApiError } from 'n8n-workflow';

/** A request that got no complete answer: DeepMode may or may not have seen it. */
export interface NoAnswer {
	/** The transport's words, e.g. "socket hang up". */
	reason: string;
	/** Set where the request surely never left: the connection was not made. */
	unconnected?: Unconnected;
}

/** Why a connection was not made. */
export interface Unconnected {
	/** Whether it cannot mend itself. */
	isFinal: boolean;
	/** What the user can do. */
	cure: string;
}

/** What n8n's error holds of the one below it. n8n 1 keeps no more than its code and words. */
interface Transport {
	name?: string;
	code: string;
	message: string;
	/** Node's request. Unfinished, it was not handed to the system as a whole. */
	request?: { writableFinished: boolean };
}

const NAME_UNKNOWN: Unconnected = {
	isFinal: true,
	cure: 'Check the Base URL in the DeepMode credential, the DNS of the machine that n8n runs on and, behind a proxy, the address in HTTPS_PROXY.',
};
const NAME_UNANSWERED: Unconnected = {
	isFinal: false,
	cure: 'Check the DNS of the machine that n8n runs on.',
};
const UNTRUSTED: Unconnected = {
	isFinal: true,
	cure: 'The certificate of whoever answers there is not trusted. Check the Base URL in the DeepMode credential. Where a company’s proxy signs certificates, give n8n that company’s certificate with NODE_EXTRA_CA_CERTS.',
};
const BLOCKED: Unconnected = {
	isFinal: true,
	cure: 'n8n’s SSRF protection blocks this address. Check the Base URL in the DeepMode credential; whoever runs n8n can allow it with N8N_SSRF_ALLOWED_HOSTNAMES or N8N_SSRF_ALLOWED_IP_RANGES.',
};
const OTHER: Unconnected = {
	isFinal: false,
	cure: 'Check that n8n can reach the DeepMode API.',
};

/** A proxy's answer to whoever has not logged in: it opens no tunnel. */
export const PROXY_LOGIN: Unconnected = {
	isFinal: true,
	cure: 'The proxy wants a login. Whoever runs n8n puts it into HTTPS_PROXY: http://user:password@host:port.',
};

/** Source: Node.js docs, "X509 certificate error codes". An alert can come after the request. */
const CERTIFICATE =
	/^(?!ERR_SSL).*(CERT|CRL|ISSUER|LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH)/;

/** Where nothing tells about the request itself: what only happens before there is a connection. */
const BEFORE_CONNECTED =
	/^(connect|getaddrinfo) |before secure TLS connection was established|^Proxy connection ended/;
const CONNECTING_CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * What an error of n8n's HTTP helper says about a request.
 *
 * @param error as n8n wraps it
 */
export function toNoAnswer(error: NodeApiError): NoAnswer {
	const transport = transportOf(error);
	const { message, code } = transport;
	const reason = message.trim() || code || error.message;
	return isUnsent(transport) ? { reason, unconnected: causeOf(transport) } : { reason };
}

/** n8n's own words are more general than those below. */
function transportOf({ cause, messages, httpCode, message }: NodeApiError): Transport {
	if (cause === undefined) return { code: httpCode ?? '', message: messages[0] ?? message };
	const { name, message: words, code = '', request } = cause as Error & Partial<Transport>;
	return { name, message: words, code, request };
}

function isUnsent({ name, code, message, request }: Transport): boolean {
	if (request) return !request.writableFinished;
	return (
		isBlocked(name) ||
		CONNECTING_CODES.includes(code) ||
		BEFORE_CONNECTED.test(message) ||
		CERTIFICATE.test(code)
	);
}

function causeOf({ name, code }: Transport): Unconnected {
	if (isBlocked(name)) return BLOCKED;
	if (code === 'ENOTFOUND') return NAME_UNKNOWN;
	if (code === 'EAI_AGAIN') return NAME_UNANSWERED;
	return CERTIFICATE.test(code) ? UNTRUSTED : OTHER;
}

function isBlocked(name = ''): boolean {
	return name.startsWith('SsrfBlocked');
}
