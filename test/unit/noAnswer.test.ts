import type { NodeApiError } from 'n8n-workflow';

import { toNoAnswer } from '../../nodes/shared/api/noAnswer';

/** Errors as n8n 1.123, 2.35 and 2.41 give them, seen there; n8n 1 keeps code and words only. */
const ofN8n1 = (httpCode: string | null, words: string) =>
	({ message: 'n8n’s words', httpCode, messages: [words, words] }) as NodeApiError;
const ofN8n2 = (code: string | undefined, words: string, writableFinished: boolean) =>
	({
		message: 'n8n’s words',
		httpCode: code ?? null,
		messages: [words],
		cause: Object.assign(new Error(words), { code, request: { writableFinished } }),
	}) as unknown as NodeApiError;

/** What stands before a connection: code and words. */
const UNCONNECTED: Array<[code: string | undefined, words: string, isFinal: boolean]> = [
	['ENOTFOUND', 'getaddrinfo ENOTFOUND api.example.com', true],
	['EAI_AGAIN', 'getaddrinfo EAI_AGAIN api.example.com', false],
	['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', false],
	['EHOSTUNREACH', 'connect EHOSTUNREACH 192.0.2.99:443', false],
	['ENETUNREACH', 'connect ENETUNREACH 2001:db8::1:443', false],
	['ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.99:443', false],
	[
		'ECONNRESET',
		'Client network socket disconnected before secure TLS connection was established',
		false,
	],
	[undefined, 'Proxy connection ended before receiving CONNECT response', false],
	...[
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'SELF_SIGNED_CERT_IN_CHAIN',
		'UNABLE_TO_GET_ISSUER_CERT',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'CERT_HAS_EXPIRED',
		'CERT_NOT_YET_VALID',
		'CERT_REVOKED',
		'CERT_UNTRUSTED',
		'CERT_REJECTED',
		'CERT_SIGNATURE_FAILURE',
		'CERT_CHAIN_TOO_LONG',
		'CRL_HAS_EXPIRED',
		'INVALID_CA',
		'INVALID_PURPOSE',
		'PATH_LENGTH_EXCEEDED',
		'HOSTNAME_MISMATCH',
		'ERR_TLS_CERT_ALTNAME_INVALID',
	].map((code): [string, string, boolean] => [code, 'words of the certificate', true]),
];

it.each(UNCONNECTED)('%s "%s" was never sent', (code, words, isFinal) => {
	for (const error of [ofN8n1(code ?? null, words), ofN8n2(code, words, false)]) {
		expect(toNoAnswer(error)).toMatchObject({ reason: words, unconnected: { isFinal } });
	}
});

it.each([
	['ECONNRESET', 'socket hang up'],
	['ECONNRESET', 'read ECONNRESET'],
	['EPIPE', 'write EPIPE'],
	['ETIMEDOUT', 'read ETIMEDOUT'],
	['EHOSTUNREACH', 'read EHOSTUNREACH'],
	['ECONNABORTED', 'timeout of 1000ms exceeded'],
	['ERR_BAD_RESPONSE', 'stream has been aborted'],
	['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'write EPROTO … alert certificate required'],
])('%s "%s" may have been sent', (code, words) => {
	for (const error of [ofN8n1(code, words), ofN8n2(code, words, true)]) {
		expect(toNoAnswer(error)).toEqual({ reason: words });
	}
});

it.each([
	['ECONNRESET', 'read ECONNRESET'],
	['ECONNABORTED', 'timeout of 1000ms exceeded'],
])('%s "%s" was never sent where the request was not written out', (code, words) => {
	expect(toNoAnswer(ofN8n2(code, words, false)).unconnected).toMatchObject({ isFinal: false });
});

it('several addresses that all fail have no words, and their code says it', () => {
	for (const error of [ofN8n1('ECONNREFUSED', ''), ofN8n2('ECONNREFUSED', '', false)]) {
		expect(toNoAnswer(error)).toMatchObject({ reason: 'ECONNREFUSED', unconnected: {} });
	}
});
