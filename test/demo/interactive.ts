/// <reference lib="esnext.disposable" />
import { OWNER, type N8nClient } from '../e2e/harness/client';
import type { StoredCredential } from '../shared/workflows';
import type { DemoApi } from './api';
import { makeOffers, type Offer } from './offers';
import { openServices, type Services } from './services';

/** Fills n8n with all that the demo offers. */
export async function furnish(
	n8n: N8nClient,
	credential: StoredCredential,
	api: DemoApi,
	cleanup: AsyncDisposableStack,
): Promise<{ offers: Offer[]; services: Services }> {
	const services = await openServices(n8n, api, cleanup);
	return { offers: await makeOffers(n8n, credential, api, services), services };
}

/** What the user reads: how to log in, and what there is to see. */
export function invitation({ server }: N8nClient, { name }: DemoApi, offers: Offer[]): string {
	const list = offers.map(
		(offer) => `  ${offer.name}\n    ${server.url}/workflow/${offer.workflowId}\n    ${offer.see}`,
	);
	return `
Open n8n:  ${server.url}
E-mail:    ${OWNER.email}
Password:  ${OWNER.password}

Then open a workflow:
${list.join('\n')}

It uses ${name}. Ctrl+C ends everything.
`;
}

/** Puts all that the demo offers into n8n, and tells the user how to try it; never returns. */
export async function invite(
	n8n: N8nClient,
	credential: StoredCredential,
	api: DemoApi,
	cleanup: AsyncDisposableStack,
): Promise<void> {
	const { offers } = await furnish(n8n, credential, api, cleanup);
	console.log(invitation(n8n, api, offers));
	await new Promise(() => {});
}
