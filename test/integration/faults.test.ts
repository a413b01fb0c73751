import { expectedAudit, runCampaign, WAYS } from '../faults/campaign';

const IMAGES = 60;

/** The long form is `npm run test:faults`. */
it.each(WAYS)('nothing is lost or paid twice under random faults: %s', async (way) => {
	const seed = Math.floor(Math.random() * 2 ** 31);
	process.stdout.write(`Again: SEED=${seed} IMAGES=${IMAGES} npm run test:faults\n`);

	const audit = await runCampaign(way, seed, IMAGES);

	expect(audit).toMatchObject(expectedAudit(way, seed, IMAGES));
});
