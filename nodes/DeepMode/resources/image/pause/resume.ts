import type { INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { Client } from '../../../../shared/api/client';
import { ImageReader } from '../../../../shared/api/imageReader';
import { Sender } from '../../../../shared/api/sender';
import { delay } from '../../../../shared/delay';
import { rareLine } from '../../../../shared/rareLines';
import { shorten } from '../../../../shared/text';
import { ringFor } from './bell';
import { complete } from './complete';
import { look } from './look';
import { deadlineOf, parkedState, resumeUrlOf } from './park';
import { pendingIds } from './pending';
import type { Round } from './rounds';
import { enterRound } from './rounds';
import { readToldFailure } from './ticket';

/** How long a caller waits for the looks that its call began, in milliseconds: most need no more. */
const CALLER_WAITS = 3000;

/**
 * How often the API is asked at most, in milliseconds: whoever calls without end must not use up what
 * DeepMode takes from the account.
 */
const LOOK_EVERY = 1000;

const ANSWER = { received: true };
const HEARD: IWebhookResponseData = { webhookResponse: ANSWER };

/**
 * Answers a call to a parked execution. The call says little but "look": whether the images are
 * finished is asked from the API, and the execution goes on when all have ended, or when its time is
 * over. It never throws: n8n would resume the execution with an empty item.
 */
export async function resume(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await answer(this);
	} catch (error) {
		logError(this, error);
		const message = 'The images cannot be looked at now; n8n stays paused';
		this.getResponseObject().status(503).json({ message }).end();
		return { noWebhookResponse: true };
	}
}

async function answer(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const parked = parkedState(context);
	const round = enterRound(resumeUrlOf(context), parked);
	if (!round || round.isGoingOn) return HEARD;
	if (!round.isRung) void ringFor(context, round);
	const told = await readToldFailure(context, parked.round);
	if (told) round.sightings.tellFailure(told.imageId, told.words);
	round.rang = true;
	if (round.isLooking || round.isGoingOn) return HEARD;
	return round.output ? goOn(context, round, round.output) : await lookAndGoOn(context, round);
}

async function lookAndGoOn(
	context: IWebhookFunctions,
	round: Round,
): Promise<IWebhookResponseData> {
	// Now: n8n evaluates nothing any more once a call is answered.
	const items = context.evaluateExpression('{{ $input.all() }}') as unknown as INodeExecutionData[];
	const looking = lookWhileRung(context, round, items);
	await Promise.race([looking, delay(CALLER_WAITS)]);
	if (round.isGoingOn) return HEARD;
	if (round.output) return goOn(context, round, round.output);
	if (!round.isLooking) return HEARD;
	if (round.isHeard) {
		void looking.then(async () => {
			if (round.output && !round.isGoingOn) await ringFor(context, round, true);
		});
		return HEARD;
	}
	// Where n8n cannot call itself, this call is all there is.
	context.getResponseObject().status(200).json(ANSWER).end();
	await looking;
	if (!round.output || round.isGoingOn) return { noWebhookResponse: true };
	round.handOver();
	return { noWebhookResponse: true, workflowData: [round.output] };
}

/** Looks, again if somebody calls meanwhile, until the round is ready or nothing is to be seen. */
async function lookWhileRung(
	context: IWebhookFunctions,
	round: Round,
	items: INodeExecutionData[],
): Promise<void> {
	const { over } = round;
	round.isLooking = true;
	let worked = false;
	try {
		const client = await Client.connect(context);
		const reader = new ImageReader(
			client,
			new Sender(client.account, true, over, context.logger),
			over,
		);
		do {
			await pauseBeforeLook(round);
			round.rang = false;
			round.lookedAt = Date.now();
			worked = await lookOnce(context, reader, round, items);
		} while (round.rang && !round.output && !over.aborted);
	} catch (error) {
		logError(context, error);
	} finally {
		round.isLooking = false;
		tellBell(context, round, worked);
	}
}

async function pauseBeforeLook({ lookedAt, over }: Round): Promise<void> {
	const wait = lookedAt + LOOK_EVERY - Date.now();
	// A clock can be set back.
	if (wait > 0) await delay(Math.min(wait, LOOK_EVERY), over);
}

/** @returns whether the API said how it stands */
async function lookOnce(
	context: IWebhookFunctions,
	reader: ImageReader,
	round: Round,
	items: INodeExecutionData[],
): Promise<boolean> {
	const { sightings, parked } = round;
	const { since: submittedBefore, limit, lanes, field, timeout } = parked;
	const imageIds = pendingIds(items);
	const deadline = deadlineOf(limit);
	const isLast = Date.now() >= limit;
	const looking = { lanes, all: isLast, submittedBefore, deadline };
	const seen = await look(reader, sightings, imageIds, looking);
	const isReady = isLast || imageIds.every((imageId) => sightings.hasEnded(imageId));
	if (!isReady) return seen !== 'unanswered';
	const options = { field, lanes, timeout, deadline };
	round.output = await complete(context, reader, items, sightings, options);
	return true;
}

/** n8n can fail to go on, as without its database, and tells only the caller. */
function goOn(
	context: IWebhookFunctions,
	round: Round,
	output: INodeExecutionData[],
): IWebhookResponseData {
	round.handOver();
	const response = context.getResponseObject();
	response.once('finish', () => {
		if (response.statusCode < 300) return round.end();
		round.takeBack();
		tellBell(context, round, false);
	});
	return { ...HEARD, workflowData: [output] };
}

/** When it did not work, somebody comes again soon; if it still does not, with growing pauses. */
function tellBell(context: IWebhookFunctions, round: Round, worked: boolean): void {
	const isNew = !worked && !round.isInTrouble;
	round.isInTrouble = !worked;
	if (isNew) void ringFor(context, round);
}

/** Whoever knows the URL can call again and again. */
function logError(context: IWebhookFunctions, error: unknown): void {
	const { name } = context.getNode();
	const failed = `DeepMode node "${name}" of workflow ${context.getWorkflow().id} could not look`;
	const line = rareLine(failed, `${failed}: ${shorten(String(error), 300)}`);
	if (line) context.logger.error(line);
}
