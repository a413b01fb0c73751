import type { Client } from './client';
import type { Outcome } from './outcome';
import { judgeBalance } from './outcome';
import type { Sender } from './sender';

/**
 * Reads the account's balance, which is free, again and again if that fails.
 *
 * @param deadline milliseconds since 1970
 */
export async function readBalance(
	{ client, sender }: { client: Client; sender: Sender },
	deadline: number,
): Promise<Outcome | undefined> {
	return await sender.read(
		{ send: async (timeout) => await client.checkBalance(timeout), judge: judgeBalance },
		deadline,
	);
}
