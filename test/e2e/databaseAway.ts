import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import axios from 'axios';

import { post } from '../shared/requests';
import { finishedImage, signedUrl } from '../shared/signedCallback';
import { waitFor } from '../shared/waitFor';
import type { ActiveTrigger } from './activeTrigger';
import type { World } from './world';

/** An answer to a callback, as far as it tells what became of it. */
export interface Answered {
	status: number;
	data: unknown;
}

/**
 * Sends so many callbacks while n8n cannot store an execution, and each of them twice more when it
 * can again.
 *
 * @returns the answers of each of the three times
 */
export async function callWithoutDatabase(
	{ server, deepMode }: World,
	{ url }: ActiveTrigger,
	count: number,
): Promise<Answered[][]> {
	const urls = Array.from({ length: count }, (_, row) =>
		signedUrl(url, deepMode.apiKey, { imageId: `${row}` }),
	);
	const callAll = async (): Promise<Answered[]> =>
		await Promise.all(
			urls.map(async (callback, row) => {
				const { status, data } = await post<unknown>(callback, finishedImage(`${row}`));
				return { status, data };
			}),
		);
	const database = new DatabaseSync(join(server.userFolder, '.n8n', 'database.sqlite'));
	database.exec('PRAGMA legacy_alter_table = ON; PRAGMA busy_timeout = 10000');
	database.exec('ALTER TABLE execution_entity RENAME TO away');
	const during = await callAll();
	database.exec('ALTER TABLE away RENAME TO execution_entity');
	database.close();
	const [after, again] = [await callAll(), await callAll()];
	// So many calls can keep n8n from its own look at the database, and then it serves nobody.
	await waitFor('n8n to see its database', async () => await isReady(server.url));
	return [during, after, again];
}

async function isReady(url: string): Promise<boolean> {
	const { status } = await axios.get(`${url}/healthz/readiness`, { validateStatus: () => true });
	return status === 200;
}
