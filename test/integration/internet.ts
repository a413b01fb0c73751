import { execFileSync } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

/** Hosts of example.com with https, as if they were on the internet: all are this process. */
export interface Internet {
	port: number;
	/** What was asked for, as `host/path`. */
	requests: string[];
	close: () => void;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * @param hosts what each host answers
 * @param addresses where names lead that do not lead to the internet; "" for one that only a proxy
 * can look up
 */
export async function startInternet(
	hosts: Record<string, Answer>,
	addresses: Record<string, string> = {},
): Promise<Internet> {
	const certificate = makeCertificate();
	const trusted = tls.getCACertificates('default');
	tls.setDefaultCACertificates([...trusted, certificate.cert]);
	const requests: string[] = [];
	const server = createServer(certificate, (request, response) => {
		const host = String(request.headers.host).split(':')[0] ?? '';
		requests.push(`${host}${request.url}`);
		hosts[host]?.(request, response);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	// What n8n's protection sees, and where connections then go.
	const seen = async (name: string) => {
		const { [name]: address = '93.184.215.14' } = addresses;
		if (address === '') throw new Error(`getaddrinfo ENOTFOUND ${name}`);
		return [{ address, family: 4 }];
	};
	jest.spyOn(dns.promises, 'lookup').mockImplementation(seen as never);
	const lookUp = dns.lookup;
	const found = (name: string, options: dns.LookupOptions, done: (...found: unknown[]) => void) => {
		if (!name.endsWith('.example.com')) return lookUp(name, options, done as never);
		const all = [{ address: '127.0.0.1', family: 4 }];
		return options.all ? done(null, all) : done(null, '127.0.0.1', 4);
	};
	jest.spyOn(dns, 'lookup').mockImplementation(found as never);
	return {
		port: (server.address() as AddressInfo).port,
		requests,
		close: () => {
			jest.restoreAllMocks();
			tls.setDefaultCACertificates(trusted);
			server.close();
			server.closeAllConnections();
		},
	};
}

function makeCertificate(): { key: string; cert: string } {
	const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
	const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
	const names = ['-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com'];
	execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], {
		stdio: 'ignore',
	});
	const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
	rmSync(folder, { recursive: true });
	return made;
}
