import { waitFor } from '../../shared/waitFor';
import { describe } from '../describe';
import {
	CREDITS_PER_UPSCALE,
	isUpscaled,
	judgeGeneration,
	judgeLook,
	judgeUpscale,
	type DeepModeImage,
} from '../package';
import type { Question, Session } from '../question';
import {
	asAssumed,
	differs,
	notAsked,
	takenFor,
	undecided,
	wrongly,
	type Finding,
} from '../verdict';
import { CALLBACK_QUESTIONS } from './callback';
import { charge, PROMPT, type Charge } from './charge';
import { judged, submissionRefusal } from './judged';

const NOBODYS_MODEL = 'eeeeeeeeeeeeeeeeeeeeee';
const LOOK_EVERY_MS = 1000;

/** What can cost credits, in the order in which it is asked. */
export const PAID: Question[] = [
	{
		asks: 'What does an upscale get that the account cannot pay?',
		assumes: '402, or words that speak of missing credits',
		// Asked only when the account has none to lose.
		credits: 0,
		needs: ['image'],
		ask: askWithoutCredits,
	},
	{
		asks: 'What does an upscale answer, and how long does it take?',
		assumes: 'the image, upscaled, under the same ID, for 3 credits',
		credits: CREDITS_PER_UPSCALE,
		needs: ['image'],
		ask: askUpscale,
	},
	{
		asks: 'What does a look say after it?',
		assumes: 'that the image with this ID is upscaled',
		credits: 0,
		needs: ['image'],
		ask: askAfterwards,
	},
	{
		asks: 'What does a second upscale of the same image answer?',
		assumes: 'the same again, paid again: so an image is looked at before it is submitted',
		credits: CREDITS_PER_UPSCALE,
		needs: ['image'],
		ask: askAgain,
	},
	{
		asks: 'What does a generation with an unknown model get?',
		assumes: '404',
		credits: 1,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.generate({ model_id: NOBODYS_MODEL, prompt: PROMPT });
			return submissionRefusal(exchange, judgeGeneration(exchange.reply), [404]);
		},
	},
	{
		asks: 'What shape has the answer of a generation?',
		assumes: 'an image, a list of them, or an object that holds either, for 1 credit',
		credits: 1,
		needs: ['model'],
		ask: askGeneration,
	},
	...CALLBACK_QUESTIONS,
];

const hasCredits = ({ balance = 0 }: Session) => balance >= CREDITS_PER_UPSCALE;

async function askWithoutCredits(session: Session): Promise<Finding> {
	if (hasCredits(session)) return notAsked(`the account has ${session.balance} credits`);
	const exchange = await session.api.upscale({ image_id: session.imageId });
	return submissionRefusal(exchange, judgeUpscale(exchange.reply), 'no credits');
}

async function askUpscale(session: Session): Promise<Finding> {
	const { image, imageId } = session;
	if (image === undefined) return notAsked('the image could not be looked at');
	if (isUpscaled(image)) return notAsked('the image is upscaled already; name one that is not');
	if (!hasCredits(session)) return notAsked('the account has too few credits');
	const upscale = await charge(
		session,
		async ({ api }) => await api.upscale({ image_id: imageId }),
	);
	session.isSubmitted = true;
	const outcome = judgeUpscale(upscale.exchange.reply);
	if (outcome.is === 'unknown') return await settle(session, upscale);
	if (outcome.is !== 'image') return notAccepted(upscale, takenFor(outcome));
	const seen = seenOf(upscale);
	if (upscale.cost !== CREDITS_PER_UPSCALE)
		return wrongly(seen, 'it is said to have cost 3 credits');
	return String(outcome.image.id) === imageId
		? asAssumed(`${seen}, under the same ID`)
		: differs(`${seen}, under another ID`, 'looks go by the ID that was asked for');
}

/** What the node does with an answer that leaves it open: it looks until the image is upscaled. */
async function settle(session: Session, upscale: Charge): Promise<Finding> {
	const started = Date.now();
	const result = await upscaledImage(session);
	const seen = seenOf(upscale);
	if (result === undefined) return undecided(seen, 'no look showed the image upscaled');
	return differs(
		`${seen}; upscaled when looked at ${Math.round((Date.now() - started) / 1000)} s later`,
		'the image is looked at until it is upscaled, and not sent again',
	);
}

async function upscaledImage(session: Session): Promise<DeepModeImage | undefined> {
	const { api, imageId, patienceMs } = session;
	const look = async () => {
		const outcome = judgeLook((await api.retrieve(imageId)).reply);
		return outcome.is === 'image' && isUpscaled(outcome.image) && outcome.image;
	};
	return await waitFor('the image to be upscaled', look, {
		timeoutMs: patienceMs,
		everyMs: LOOK_EVERY_MS,
	}).catch(() => undefined);
}

async function askAfterwards({ api, imageId, isSubmitted }: Session): Promise<Finding> {
	if (!isSubmitted) return notAsked('nothing was upscaled');
	const exchange = await api.retrieve(imageId);
	const outcome = judgeLook(exchange.reply);
	if (outcome.is !== 'image') return judged(exchange, `taken for ${takenFor(outcome)}`);
	const { image } = outcome;
	const seen = `${describe(exchange)}; the file: ${(await api.file(image.image_url)).seen}`;
	return isUpscaled(image)
		? asAssumed(seen)
		: wrongly(seen, 'not known to be upscaled, so that the next run would pay again');
}

async function askAgain(session: Session): Promise<Finding> {
	const { image, imageId, isSubmitted } = session;
	if (!isSubmitted && !(image && isUpscaled(image))) return notAsked('the image is not upscaled');
	if (!hasCredits(session)) return notAsked('the account has too few credits');
	const upscale = await charge(
		session,
		async ({ api }) => await api.upscale({ image_id: imageId }),
	);
	const outcome = judgeUpscale(upscale.exchange.reply);
	if (outcome.is !== 'image' && outcome.is !== 'unknown') {
		return notAccepted(upscale, takenFor(outcome));
	}
	return outcome.is === 'image' && upscale.cost === CREDITS_PER_UPSCALE
		? asAssumed(seenOf(upscale))
		: differs(seenOf(upscale), 'nothing is sent for an image that a look shows upscaled');
}

async function askGeneration(session: Session): Promise<Finding> {
	if ((session.balance ?? 0) < 1) return notAsked('the account has too few credits');
	const body = { model_id: session.modelId, prompt: PROMPT };
	const generation = await charge(session, async ({ api }) => await api.generate(body));
	const outcome = judgeGeneration(generation.exchange.reply);
	if (outcome.is === 'image' || outcome.is === 'images') return asAssumed(seenOf(generation));
	if (outcome.is !== 'unknown') return notAccepted(generation, takenFor(outcome));
	return judged(generation.exchange, `no image is found in it, and ${paid(generation)}`);
}

/** An answer that the package takes for not accepted: it must not have cost anything. */
function notAccepted(submission: Charge, taken: string): Finding {
	return submission.cost === 0
		? differs(seenOf(submission), `taken for ${taken}`)
		: wrongly(seenOf(submission), `taken for ${taken}, so that it would be paid again`);
}

const paid = ({ cost }: Charge) => `${cost ?? 'an unknown number of'} credits were paid`;

const seenOf = (submission: Charge) => `${describe(submission.exchange)}; ${paid(submission)}`;
