import { expectedAudit, expectedFileAudit, runCampaign, runFileCampaign, WAYS } from './campaign';

/**
 * `npm run test:faults`: ten campaigns of each way with random seeds, or those of one seed again,
 * with the environment variables SEED and IMAGES.
 */
const IMAGES = Number(process.env.IMAGES ?? 1000);
const SEEDS = process.env.SEED
	? [Number(process.env.SEED)]
	: Array.from({ length: 10 }, () => Math.floor(Math.random() * 2 ** 31));

const COLUMNS = [
	'way',
	'seed',
	'done',
	'notSent',
	'refused',
	'notKnown',
	'costsNotKnown',
	'inWork',
	'doneInTheEnd',
	'credits',
] as const;

beforeAll(() => {
	print(['again', ...COLUMNS, 'chargedWrongly', 'costsWrongly', 'calledBackWrongly']);
	print(Array(COLUMNS.length + 4).fill('---'));
});

it.each(WAYS.flatMap((way) => SEEDS.map((seed) => [way, seed] as const)))(
	`nothing is lost or paid twice: %s, ${IMAGES} images, faults of seed %i`,
	async (way, seed) => {
		const audit = await runCampaign(way, seed, IMAGES);

		print([
			`SEED=${seed} IMAGES=${IMAGES} npm run test:faults`,
			...COLUMNS.map((column) => audit[column]),
			audit.chargedWrongly.length,
			audit.costsWrongly.length,
			audit.calledBackWrongly.length,
		]);
		expect(audit).toMatchObject(expectedAudit(way, seed, IMAGES));
	},
	600_000,
);

it.each(SEEDS)(
	`every picture arrives whole: ${IMAGES} images, faults of the file host of seed %i`,
	async (seed) => {
		const audit = await runFileCampaign(seed, IMAGES);

		const { pictures, fileRequests, credits } = audit;
		print([
			`SEED=${seed} IMAGES=${IMAGES} npm run test:faults`,
			`${pictures} pictures, ${fileRequests} requests for files, ${credits} credits`,
		]);
		expect(audit).toMatchObject(expectedFileAudit(seed, IMAGES));
	},
	600_000,
);

function print(cells: unknown[]): void {
	process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
