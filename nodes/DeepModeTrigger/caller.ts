import type { IWebhookFunctions } from 'n8n-workflow';

import type { Refusal } from '../shared/callback/signature';
import { CALLBACK_EVENTS } from '../shared/callback/signature';
import type { VerifiedTicket } from '../shared/callback/verifyCaller';
import { verifyCaller } from '../shared/callback/verifyCaller';
import { isInRange } from '../shared/ipAddress';

/**
 * Whether somebody calls from where they may. As in n8n's Webhook node an empty list allows all, and
 * behind proxies that n8n trusts any of the addresses on the way will do.
 *
 * @param allowedIps IP addresses and networks, with commas between them
 */
export function isAllowedIp(context: IWebhookFunctions, allowedIps: unknown): boolean {
	if (allowedIps === undefined || allowedIps === '') return true;
	// What an expression makes of nothing is a list with nobody in it.
	const ranges = String(allowedIps);
	const { ip, ips = [] } = context.getRequestObject();
	return [ip ?? '', ...ips].some((address) =>
		ranges.split(',').some((range) => isInRange(address, range)),
	);
}

/**
 * Judges who calls.
 *
 * @returns the ticket of a signed callback, or why it is refused; nothing where no signature is asked
 * for, which only an explicit "none" does
 * @throws NodeOperationError if the credential cannot be used
 */
export async function readTicket(
	context: IWebhookFunctions,
): Promise<VerifiedTicket | Refusal | undefined> {
	if (context.getNodeParameter('authentication') === 'none') return undefined;
	return await verifyCaller(context, CALLBACK_EVENTS);
}
