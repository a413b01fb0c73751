import { expectedAudit, runCampaign } from '../faults/campaign';

/** The long form is `npm run test:faults`. */
it('nothing is lost or paid twice under random faults', async () => {
	const seed = Math.floor(Math.random() * 2 ** 31);
	process.stdout.write(`Again: SEED=${seed} IMAGES=200 npm run test:faults\n`);

	const audit = await runCampaign(seed, 200);

	expect(audit).toMatchObject(expectedAudit(seed, 200));
});
