import type { IWebhookFunctions } from 'n8n-workflow';

import { Client } from '../shared/api/client';
import type { CallbackTicket, Refusal } from '../shared/callback/signature';
import { readSignedQuery, signingKey, verifyCallback } from '../shared/callback/signature';
import { signingKeys } from '../shared/callback/signingKeys';
import { isInRange } from '../shared/ipAddress';

/**
 * Whether somebody calls from where they may. As in n8n's Webhook node an empty list allows all, and
 * behind proxies that n8n trusts any of the addresses on the way will do.
 *
 * @param allowedIps IP addresses and networks, with commas between them
 */
export function isAllowedIp(context: IWebhookFunctions, allowedIps: unknown): boolean {
	const ranges = String(allowedIps ?? '');
	if (ranges.trim() === '') return true;
	const { ip, ips = [] } = context.getRequestObject();
	return [ip ?? '', ...ips].some((address) =>
		ranges.split(',').some((range) => isInRange(address, range)),
	);
}

/**
 * Judges who calls. Whoever cannot be genuine is not worth a decryption.
 *
 * @returns the ticket of a signed callback, or why it is refused; nothing where no signature is asked
 * for, which only an explicit "none" does
 * @throws NodeOperationError if the credential cannot be used
 */
export async function readTicket(
	context: IWebhookFunctions,
): Promise<CallbackTicket | Refusal | undefined> {
	if (context.getNodeParameter('authentication') === 'none') return undefined;
	const query = readSignedQuery(context.getQueryData() as Record<string, unknown>);
	if (typeof query === 'string') return query;
	let verdict: CallbackTicket | Refusal = 'altered';
	const read = async () => signingKey((await Client.connect(context)).apiKey);
	for await (const key of signingKeys(credentialOf(context), read)) {
		verdict = verifyCallback(query, key);
		if (verdict !== 'altered') break;
	}
	return verdict;
}

/** With its workflow: an expression in a credential can mean something else in another project. */
function credentialOf(context: IWebhookFunctions): string {
	const { id, credentials } = context.getNode();
	return `${context.getWorkflow().id}/${credentials?.deepModeApi?.id ?? id}`;
}
