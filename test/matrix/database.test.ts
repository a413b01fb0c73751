import { activeTrigger } from '../e2e/activeTrigger';
import { callWithoutDatabase } from '../e2e/databaseAway';
import { startN8n } from '../e2e/harness/server';
import { useWorld } from '../e2e/world';
import { VERSIONS } from './versions';

const COUNT = 50;

/** Binary data has no part in it. */
const versions = VERSIONS.filter(({ env }) => !('N8N_DEFAULT_BINARY_DATA_MODE' in env));

describe.each(versions)('callbacks while the database is away, on $name', (version) => {
	const { name, manifestFolder, env } = version;
	const world = useWorld(async () => await startN8n({ manifestFolder, env }));
	const answersFirst = name.startsWith('1.');
	const promise = answersFirst
		? 'are lost: n8n says that it has them before it tries'
		: 'start their workflow once, when they come again';

	it(
		promise,
		async () => {
			const trigger = await activeTrigger(world);

			const [during, after, again] = await callWithoutDatabase(world, trigger, COUNT);

			const all = (status: number, received?: number) =>
				Array(COUNT).fill({ status, ...(received !== undefined && { data: { received } }) });
			expect(during).toMatchObject(answersFirst ? all(200, 1) : all(500));
			expect(after).toMatchObject(all(200, answersFirst ? 0 : 1));
			expect(again).toMatchObject(all(200, 0));
			expect(await trigger.runs(answersFirst ? 0 : COUNT)).toHaveLength(answersFirst ? 0 : COUNT);
		},
		240_000,
	);
});
