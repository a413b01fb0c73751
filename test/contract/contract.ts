/// <reference lib="esnext.disposable" />
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

import packageJson from '../../package.json';
import { Api } from './api';
import { CallbackListener } from './callbacks';
import type { Need, Question, Session } from './question';
import { FREE, LAST, PAID } from './questions';
import { Report } from './report';
import { readSettings, type Settings } from './settings';
import { notAsked, undecided } from './verdict';

/** A free question is answered at once, or not. */
const FREE_PATIENCE_MS = 30_000;

const VARIABLES: Record<Need, string> = {
	image: 'DEEPMODE_IMAGE_ID',
	model: 'DEEPMODE_MODEL_ID',
	callback: 'DEEPMODE_CALLBACK_URL',
};

/** Where the answers are printed, and where consent comes from. */
export interface Terminal {
	input: NodeJS.ReadableStream & { isTTY?: boolean };
	output: NodeJS.WritableStream;
}

/**
 * Asks the API what its documentation leaves open: what is free first, what costs credits with the
 * user's consent.
 *
 * @param args of the command line
 * @returns how many answers the package would take wrongly
 * @throws an error for the user to read, when a setting is missing or wrong
 */
export async function askContract(
	args: string[],
	env: NodeJS.ProcessEnv,
	terminal: Terminal,
): Promise<number> {
	await using cleanup = new AsyncDisposableStack();
	const settings = readSettings(args, env);
	const { apiKey, saveTo } = settings;
	const print = (text: string) => void terminal.output.write(`${text}\n`);
	const report = new Report({ apiKey, print, saveTo });
	const session = await openSession(settings, cleanup);
	report.open(
		`Asked ${settings.baseUrl} at ${new Date().toISOString()}, with ${packageJson.name} ${packageJson.version} on Node ${process.version}.`,
	);

	const ask = async (question: Question) => report.add(question, await answer(question, session));
	for (const question of FREE) await ask(question);
	const before = session.balance;
	const refusal = await refusalToPay(settings, session, terminal);
	session.api.timeoutMs = settings.patienceMs;
	for (const question of PAID) {
		if (refusal === undefined) await ask(question);
		else report.add(question, notAsked(refusal));
	}
	for (const question of LAST) await ask(question);

	report.close(summary(report, before, session.balance));
	return report.takenWrongly.length;
}

async function openSession(settings: Settings, cleanup: AsyncDisposableStack): Promise<Session> {
	const { apiKey, imageIds, modelId, callbackUrl, callbackPort, patienceMs } = settings;
	const session: Session = {
		api: new Api(settings, Math.min(FREE_PATIENCE_MS, patienceMs)),
		apiKey,
		imageId: imageIds[0] ?? '',
		callbackImageId: imageIds.at(-1) ?? '',
		modelId,
		patienceMs,
	};
	if (callbackUrl === '') return session;
	session.callbacks = new CallbackListener(callbackUrl);
	cleanup.defer(async () => await session.callbacks?.close());
	await session.callbacks.listen(callbackPort);
	return session;
}

async function answer(question: Question, session: Session) {
	const missing = missingFor(question, session).map((need) => VARIABLES[need]);
	if (missing.length > 0) return notAsked(`set ${missing.join(' and ')}`);
	try {
		return await question.ask(session);
	} catch (error) {
		return undecided('nothing', `asking failed: ${(error as Error).message}`);
	}
}

function missingFor({ needs }: Question, { imageId, modelId, callbacks }: Session): Need[] {
	const given: Record<Need, unknown> = { image: imageId, model: modelId, callback: callbacks };
	return needs.filter((need) => !given[need]);
}

/** Why nothing may be paid; nothing if it may. */
async function refusalToPay(
	{ isPaid }: Settings,
	session: Session,
	terminal: Terminal,
): Promise<string | undefined> {
	if (session.balance === undefined) return 'there is no balance to see by what it costs';
	const credits = PAID.filter((question) => missingFor(question, session).length === 0).reduce(
		(sum, question) => sum + question.credits,
		0,
	);
	const price = `what costs credits can cost up to ${credits} of ${session.balance}`;
	if (isPaid) return undefined;
	if (!terminal.input.isTTY) return `${price}; add --yes to ask`;
	const prompt = createInterface({ input: terminal.input, output: terminal.output });
	const reply = await Promise.race([
		prompt.question(`\nThe other questions: ${price}. Ask? (y/N) `),
		once(prompt, 'close').then(() => ''),
	]);
	prompt.close();
	return /^y(es)?$/i.test(reply.trim()) ? undefined : price;
}

function summary({ rows, takenWrongly }: Report, before = NaN, after = NaN): string {
	const asked = rows.filter(({ verdict }) => !verdict.startsWith('not asked')).length;
	const cost = Number.isNaN(before - after) ? 'an unknown number of' : before - after;
	const wrong = takenWrongly.length;
	return `${asked} of ${rows.length} questions were asked; ${wrong} ${wrong === 1 ? 'answer' : 'answers'} would be taken wrongly. ${cost} credits were spent.`;
}
