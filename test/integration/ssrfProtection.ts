import { createRequire } from 'node:module';

/** n8n's own parts, as its HTTP helper has them. */
const ofCore = createRequire(require.resolve('n8n-core'));
const { Container } = ofCore('@n8n/di') as { Container: { get: (type: unknown) => unknown } };
const { SsrfProtectionConfig } = ofCore('@n8n/config') as { SsrfProtectionConfig: unknown };

/** n8n's SSRF protection, which is read for each request. */
export const ssrfProtection = Container.get(SsrfProtectionConfig) as { enabled: boolean };

const { SsrfProtectionService } = ofCore('@n8n/backend-network') as {
	SsrfProtectionService: { prototype: { validateUrl: (url: string) => unknown } };
};

/** Counts the requests that n8n's SSRF protection is asked about, until it is restored. */
export const watchSsrfProtection = () => jest.spyOn(SsrfProtectionService.prototype, 'validateUrl');
