import type { ICredentialDataDecryptedObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { CREDENTIAL } from '../../shared/api/client';

/**
 * Refuses a run whose items want different accounts, as an expression in the credential can make
 * them: one account serves a run, and nobody is to pay with another one's.
 *
 * @throws NodeOperationError if the credential differs from item to item
 */
export async function refuseSeveralAccounts(context: IExecuteFunctions): Promise<void> {
	const count = context.getInputData().length;
	if (count < 2) return;
	const first = accountOf(await context.getCredentials(CREDENTIAL, 0));
	// Reading it for each item costs more than a request. One that is the same for an item that does
	// not exist depends on none.
	if (first === (await accountAt(context, count))) return;
	for (let itemIndex = 1; itemIndex < count; itemIndex += 1) {
		if (first === (await accountAt(context, itemIndex))) continue;
		throw new NodeOperationError(
			context.getNode(),
			'The DeepMode credential differs from item to item',
			{
				description:
					'One account serves a run. Split the items by account, e.g. with a Loop Over Items node, or use a credential without an expression. Nothing was sent.',
			},
		);
	}
}

/** @returns nothing where the expression has no value */
async function accountAt(context: IExecuteFunctions, itemIndex: number) {
	try {
		return accountOf(await context.getCredentials(CREDENTIAL, itemIndex));
	} catch {
		return undefined;
	}
}

function accountOf({ apiKey, baseUrl }: ICredentialDataDecryptedObject): string {
	return JSON.stringify([apiKey, baseUrl]);
}
