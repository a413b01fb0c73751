import type { IWebhookFunctions } from 'n8n-workflow';

import { Client } from '../shared/api/client';
import type { CallbackTicket, Refusal } from '../shared/callback/signature';
import { readSignedQuery, signingKey, verifyCallback } from '../shared/callback/signature';
import { signingKeys } from '../shared/callback/signingKeys';

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

function credentialOf(context: IWebhookFunctions): string {
	const { id, credentials } = context.getNode();
	return credentials?.deepModeApi?.id ?? `${context.getWorkflow().id}/${id}`;
}
