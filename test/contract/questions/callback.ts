import type { Call } from '../callbacks';
import { describe, shape } from '../describe';
import {
	CALLBACK_EVENTS,
	CREDITS_PER_UPSCALE,
	findImages,
	isUpscaled,
	judgeSubmission,
	readSignedQuery,
	signCallbackUrl,
	signingKey,
	verifyCallback,
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
import { charge, PROMPT } from './charge';
import { judged } from './judged';

/** How long more calls are waited for, once one has come. */
const MORE_CALLS_MS = 60_000;

/** Headers that say nothing about who calls, or why. */
const USUAL = ['host', 'connection', 'content-length', 'accept', 'accept-encoding'];

const NOTHING_SUBMITTED = 'nothing was submitted';

/** What is asked with a callback URL that leads here. */
export const CALLBACK_QUESTIONS: Question[] = [
	{
		asks: 'What does an upscale with a callback answer?',
		assumes: 'a JSON object, at once, for 3 credits',
		credits: CREDITS_PER_UPSCALE,
		needs: ['image', 'callback'],
		ask: async (session) =>
			await submit(session, CREDITS_PER_UPSCALE, 'image.upscaled', async (callback) =>
				session.api.upscale({ image_id: session.callbackImageId, callback }),
			),
	},
	{
		asks: 'What does its callback bring, and when?',
		assumes: 'the image, upscaled, as JSON by POST, to the URL with its query as it was given',
		credits: 0,
		needs: ['image', 'callback'],
		ask: async (session) =>
			await receive(session, (images) => images.length === 1 && images.every(isUpscaled)),
	},
	{
		asks: 'Does the callback come again after a 503, and after a 200?',
		assumes: 'nothing: it may come again or not',
		credits: 0,
		needs: ['image', 'callback'],
		ask: askForMore,
	},
	{
		asks: 'What does a generation with a callback answer?',
		assumes: 'a JSON object, at once, for 1 credit',
		credits: 1,
		needs: ['model', 'callback'],
		ask: async (session) =>
			await submit(session, 1, 'image.generated', async (callback) =>
				session.api.generate({ model_id: session.modelId, prompt: PROMPT, callback }),
			),
	},
	{
		asks: 'What does the callback of a generation bring, and when?',
		assumes: 'an image, a list of them, or an object that holds either, as JSON by POST',
		credits: 0,
		needs: ['model', 'callback'],
		ask: async (session) => await receive(session, (images) => images.length > 0),
	},
];

type Event = 'image.upscaled' | 'image.generated';

async function submit(
	session: Session,
	credits: number,
	event: Event,
	send: (callback: string) => ReturnType<Session['api']['upscale']>,
): Promise<Finding> {
	const { callbacks, apiKey } = session;
	session.submittedAt = undefined;
	if ((session.balance ?? 0) < credits) return notAsked('the account has too few credits');
	if (!callbacks || !(await callbacks.isReached())) {
		return notAsked('a call of DEEPMODE_CALLBACK_URL does not arrive here: see --callback-port');
	}
	callbacks.forget();
	const imageId = event === 'image.upscaled' ? session.callbackImageId : '';
	const callback = signCallbackUrl(callbacks.url, { event, imageId, context: {} }, apiKey);
	const sentAt = Date.now();
	const { exchange, cost } = await charge(session, async () => await send(callback));
	const outcome = judgeSubmission(exchange.reply);
	const seen = `${describe(exchange)}; ${cost ?? 'an unknown number of'} credits were paid`;
	if (outcome.is === 'acknowledged' || outcome.is === 'unknown') session.submittedAt = sentAt;
	if (outcome.is === 'acknowledged') return asAssumed(seen);
	if (outcome.is !== 'unknown' && cost !== 0) {
		return wrongly(seen, `taken for ${takenFor(outcome)}, so that it would be paid again`);
	}
	return outcome.is === 'unknown'
		? differs(seen, 'the item says that it is not known, and a callback is let in')
		: judged(exchange, `taken for ${takenFor(outcome)}`);
}

async function receive(
	session: Session,
	isResult: (images: ReturnType<typeof findImages>) => boolean,
): Promise<Finding> {
	const { callbacks, submittedAt, apiKey, patienceMs } = session;
	if (callbacks === undefined || submittedAt === undefined) return notAsked(NOTHING_SUBMITTED);
	if (callbacks.calls.length === 0) await callbacks.next(patienceMs);
	const [call] = callbacks.calls;
	if (call === undefined) {
		return undecided(`no call within ${patienceMs / 1000} s`, 'it may be late, or not reach here');
	}
	const seen = `${secondsBetween(submittedAt, call.at)} after the submission: ${describeCall(call)}`;
	if (call.method !== 'POST') return wrongly(seen, 'the trigger is called by POST only');
	const query = readSignedQuery(call.query, CALLBACK_EVENTS);
	const ticket =
		typeof query === 'string' ? query : verifyCallback(query, signingKey(apiKey), CALLBACK_EVENTS);
	if (typeof ticket === 'string') return wrongly(seen, `refused with 401: the URL is ${ticket}`);
	return isResult(findImages(call.body))
		? asAssumed(seen)
		: wrongly(seen, 'taken for image.failed: no result is found in it');
}

async function askForMore({ callbacks, submittedAt, patienceMs }: Session): Promise<Finding> {
	if (callbacks === undefined || submittedAt === undefined) return notAsked(NOTHING_SUBMITTED);
	const { calls } = callbacks;
	if (calls.length === 0) return undecided('nothing', 'no callback came');
	const until = Date.now() + Math.min(MORE_CALLS_MS, patienceMs);
	while (Date.now() < until) await callbacks.next(until - Date.now());
	const [first] = calls as [Call];
	const times = calls.map(
		({ at, status }) => `${secondsBetween(first.at, at)}: answered with ${status}`,
	);
	return asAssumed(`${calls.length} of them (${times.join('; ')})`);
}

function describeCall({ method, headers, body }: Call): string {
	const { 'content-type': type = 'no content type', 'user-agent': agent, ...others } = headers;
	const names = Object.keys(others).filter((name) => !USUAL.includes(name));
	return [
		`${method}, ${type}`,
		agent === undefined ? 'no user agent' : `user agent ${agent}`,
		`other headers: ${names.join(', ') || 'none'}`,
		shape(body),
	].join('; ');
}

const secondsBetween = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`;
