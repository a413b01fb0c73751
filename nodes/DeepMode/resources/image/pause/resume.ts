import type { INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { Client } from '../../../../shared/api/client';
import type { DeepModeImage } from '../../../../shared/api/image';
import { ImageReader } from '../../../../shared/api/imageReader';
import { Sender } from '../../../../shared/api/sender';
import { complete } from './complete';
import type { Seen } from './lookForFinished';
import { lookForFinished } from './lookForFinished';
import type { Parked } from './park';
import { resumeUrlOf } from './park';
import { pendingIds } from './pending';
import { isHeardOrGone, ringUntil } from './selfCall';

/** How long to look at the images of a parked execution, in milliseconds: the caller waits. */
const LOOK_TIMEOUT = 20_000;
/** How long all downloads may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 300_000;
/**
 * When to come again, in milliseconds, after the API could not be asked, and when n8n should have
 * resumed: nobody else may ring.
 */
const SECOND_RINGS = [30_000, 60_000, 120_000, 240_000, 480_000];
/**
 * How long calls that came for what was resumed may still be on their way, in milliseconds. It is
 * over before the second rings start, which find out whether it was.
 */
const LATE = 25_000;

/** The executions whose images are being looked at in this process, and whether it rang meanwhile. */
const looking = new Map<string, { rang: boolean }>();
/** The rounds that were resumed of late, and when. */
const resumed = new Map<string, number>();
/** The executions that ring again by themselves. */
const ringing = new Set<string>();

const HEARD: IWebhookResponseData = { webhookResponse: { received: true } };

/**
 * Answers a call to a parked execution. The call says nothing but "look": whether the images are
 * finished is asked from the API, and the execution goes on when all are. It never throws: n8n would
 * resume the execution with an empty item.
 */
export async function resume(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const key = `${this.getExecutionId()}/${this.getNode().id}`;
	const running = looking.get(key);
	if (running) {
		running.rang = true;
		return HEARD;
	}
	const check = { rang: false };
	looking.set(key, check);
	try {
		return (await lookAndResume(this, key, check)) ?? notNow(this, key);
	} catch (error) {
		this.logger.error(`DeepMode node "${this.getNode().name}" could not look: ${String(error)}`);
		return notNow(this, key);
	} finally {
		looking.delete(key);
	}
}

/** @returns nothing if the API did not show an image */
async function lookAndResume(
	context: IWebhookFunctions,
	key: string,
	check: { rang: boolean },
): Promise<IWebhookResponseData | undefined> {
	const parked = parkedState(context);
	if (Date.now() - (resumed.get(parked.round) ?? 0) < LATE) return HEARD;
	const items = context.evaluateExpression('{{ $input.all() }}') as unknown as INodeExecutionData[];
	const client = await Client.connect(context);
	const reader = new ImageReader(client, new Sender(client.account, true));
	const finished = new Map<string, DeepModeImage>();
	let seen: Seen;
	do {
		check.rang = false;
		const deadline = Date.now() + LOOK_TIMEOUT;
		seen = await lookForFinished(reader, pendingIds(items), finished, parked.lanes, deadline);
	} while (seen !== 'finished' && check.rang);
	if (seen === 'unanswered') return undefined;
	if (seen === 'unfinished') return HEARD;

	const { field, lanes } = parked;
	const deadline = Date.now() + DOWNLOAD_TIMEOUT;
	const output = await complete(context, reader, items, finished, { field, lanes, deadline });
	remember(parked.round);
	// n8n can fail to resume, as without its database, and tells only the caller.
	void ringAgain(context, key);
	return { ...HEARD, workflowData: [output] };
}

function parkedState(context: IWebhookFunctions): Parked {
	const name = spelledOut(context.getNode().name);
	return context.evaluateExpression(`{{ $node["${name}"].context["parked"] }}`) as Parked;
}

/** For a string in an expression: braces would end it, and n8n refuses ".constructor" and more. */
function spelledOut(text: string): string {
	return text.replace(
		/\W/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}

async function ringAgain(context: IWebhookFunctions, key: string): Promise<void> {
	if (ringing.has(key)) return;
	ringing.add(key);
	try {
		await ringUntil(isHeardOrGone, context, resumeUrlOf(context), SECOND_RINGS);
	} catch (error) {
		context.logger.error(`DeepMode node "${context.getNode().name}" cannot ring: ${String(error)}`);
	} finally {
		ringing.delete(key);
	}
}

/** A caller who tries again may find the API answering, and we try again ourselves. */
function notNow(context: IWebhookFunctions, key: string): IWebhookResponseData {
	void ringAgain(context, key);
	const message = 'The images cannot be looked at now; n8n stays paused';
	context.getResponseObject().status(503).json({ message }).end();
	return { noWebhookResponse: true };
}

function remember(round: string): void {
	const now = Date.now();
	for (const [old, at] of resumed) if (now - at >= LATE) resumed.delete(old);
	resumed.set(round, now);
}
