import type { IWebhookFunctions } from 'n8n-workflow';

import { Client } from '../api/client';
import type { CallbackEvent, CallbackTicket, Refusal } from './signature';
import { readSignedQuery, signingKey, verifyCallback } from './signature';
import { signingKeys } from './signingKeys';

/** A ticket that proved itself. */
export interface VerifiedTicket<Event extends string = CallbackEvent>
	extends CallbackTicket<Event> {
	/** Whose it is: tells the account from others. */
	account: string;
	/** Until when it is good, in seconds since 1970. */
	expires: number;
}

/**
 * Judges the ticket of a call. Whoever cannot be genuine is not worth a decryption.
 *
 * @param events what the ticket may be for
 * @param lifetime how long such a ticket is good at most, in seconds
 * @returns the ticket, or why it is refused
 * @throws NodeOperationError if the credential cannot be used
 */
export async function verifyCaller<Event extends string>(
	context: IWebhookFunctions,
	events: readonly Event[],
	lifetime?: number,
): Promise<VerifiedTicket<Event> | Refusal> {
	const parameters = context.getQueryData() as Record<string, unknown>;
	const query = readSignedQuery(parameters, events, Date.now(), lifetime);
	if (typeof query === 'string') return query;
	const read = async () => {
		const { apiKey, account } = await Client.connect(context);
		return { key: signingKey(apiKey), account };
	};
	for await (const { key, account } of signingKeys(credentialOf(context), read)) {
		const verdict = verifyCallback(query, key, events);
		if (verdict === 'altered') continue;
		if (typeof verdict === 'string') return verdict;
		return { ...verdict, account, expires: Number(query.dm_expires) };
	}
	return 'altered';
}

/** With its workflow: an expression in a credential can mean something else in another project. */
function credentialOf(context: IWebhookFunctions): string {
	const { id, credentials } = context.getNode();
	return `${context.getWorkflow().id}/${credentials?.deepModeApi?.id ?? id}`;
}
