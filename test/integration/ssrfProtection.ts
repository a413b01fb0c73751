import { createRequire } from 'node:module';

/** n8n's own parts, as its HTTP helper has them. */
const ofCore = createRequire(require.resolve('n8n-core'));
const { Container } = ofCore('@n8n/di') as { Container: { get: (type: unknown) => unknown } };
const { SsrfProtectionConfig } = ofCore('@n8n/config') as { SsrfProtectionConfig: unknown };

/** n8n's SSRF protection, which is read for each request. */
export const ssrfProtection = Container.get(SsrfProtectionConfig) as { enabled: boolean };
