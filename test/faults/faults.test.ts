import { expectedAudit, expectedFileAudit, runCampaign, runFileCampaign } from './campaign';

/**
 * `npm run test:faults`: ten campaigns with random seeds, or that of one seed again, with the
 * environment variables SEED and IMAGES.
 */
const IMAGES = Number(process.env.IMAGES ?? 1000);
const SEEDS = process.env.SEED
	? [Number(process.env.SEED)]
	: Array.from({ length: 10 }, () => Math.floor(Math.random() * 2 ** 31));

const COLUMNS = [
	'seed',
	'done',
	'notSent',
	'refused',
	'notKnown',
	'doneInTheEnd',
	'credits',
] as const;

beforeAll(() => {
	print(['again', ...COLUMNS, 'chargedWrongly']);
	print(Array(COLUMNS.length + 2).fill('---'));
});

it.each(SEEDS)(
	`nothing is lost or paid twice: ${IMAGES} images, faults of seed %i`,
	async (seed) => {
		const audit = await runCampaign(seed, IMAGES);

		print([
			`SEED=${seed} IMAGES=${IMAGES} npm run test:faults`,
			...COLUMNS.map((column) => audit[column]),
			audit.chargedWrongly.length,
		]);
		expect(audit).toMatchObject(expectedAudit(seed, IMAGES));
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
