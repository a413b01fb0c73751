import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import { DeepModeClient } from '../../shared/api/client';
import { Memory } from './memory';
import type { BatchOptions } from '../resources/image/parameters';
import { Sender } from '../../shared/api/sender';
import { Tally } from './tally';

/** What it takes to read images and their files. */
export interface Connection {
	context: IExecuteFunctions | IWebhookFunctions;
	client: DeepModeClient;
	sender: Sender;
	/** Aborted when the user stops the execution. */
	stop?: AbortSignal;
}

/** What all items of a run share. */
export interface Run extends Connection {
	context: IExecuteFunctions;
	memory: Memory;
	tally: Tally;
	options: BatchOptions;
}

/** @throws NodeOperationError if the credential cannot be used */
export async function prepareRun(context: IExecuteFunctions, options: BatchOptions): Promise<Run> {
	const stop = context.getExecutionCancelSignal();
	return {
		context,
		client: await DeepModeClient.connect(context),
		sender: new Sender(stop),
		memory: new Memory(context),
		tally: new Tally(),
		stop,
		options,
	};
}
