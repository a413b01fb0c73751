import type { IExecuteFunctions } from 'n8n-workflow';

import { DeepModeClient } from './client';
import { Memory } from './memory';
import type { BatchOptions } from './parameters';
import { Sender } from './sender';
import { Tally } from './tally';

/** What all items of a run share. */
export interface Run {
	context: IExecuteFunctions;
	client: DeepModeClient;
	sender: Sender;
	memory: Memory;
	tally: Tally;
	/** Aborted when the user stops the execution. */
	stop: AbortSignal | undefined;
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
