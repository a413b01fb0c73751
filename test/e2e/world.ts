import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import type { StoredCredential } from '../shared/workflows';
import { N8nClient } from './harness/client';
import type { N8nServer } from './harness/server';
import { startN8n } from './harness/server';

/** What an end-to-end test plays with. */
export interface World {
	deepMode: Emulator;
	server: N8nServer;
	n8n: N8nClient;
	/** A credential in n8n for the emulator. */
	credential: StoredCredential;
}

/**
 * Starts an emulator and an n8n with a credential for it, for all tests of a file.
 *
 * @param start starts the n8n, when not one as usual
 */
export function useWorld(start: () => Promise<N8nServer> = startN8n): World {
	const world = {} as World;

	beforeAll(async () => {
		world.deepMode = await startEmulator();
		world.server = await start();
		world.n8n = new N8nClient(world.server);
		await world.n8n.setupOwner();
		world.credential = await world.n8n.createCredential(
			'deepModeApi',
			'DeepMode account',
			world.deepMode.credentials,
		);
	}, 300_000);

	beforeEach(() => {
		world.deepMode.workMs = 0;
	});

	afterAll(async () => {
		await world.server?.stop();
		await world.deepMode?.close();
	});

	return world;
}
