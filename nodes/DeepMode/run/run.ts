import type { IExecuteFunctions } from 'n8n-workflow';

import { Client } from '../../shared/api/client';
import type { DeepModeImage } from '../../shared/api/image';
import { ImageReader } from '../../shared/api/imageReader';
import { Sender } from '../../shared/api/sender';
import { Budget } from './budget';
import { Claims } from './claims';
import { ClaimStore } from './claimStore';
import { Memory } from './memory';
import { refuseSeveralAccounts } from './oneAccount';
import type { RunOptions } from './options';
import { Tally } from './tally';

/**
 * What all items of a run share. This room runs the items of a node, whatever the operation: it may
 * use `shared`, and knows no resource.
 */
export interface Run {
	context: IExecuteFunctions;
	client: Client;
	sender: Sender;
	reader: ImageReader;
	memory: Memory;
	budget: Budget;
	claims: Claims;
	tally: Tally;
	/** Images that were seen upscaled before anything was sent, by ID. */
	foreseen: Map<string, DeepModeImage>;
	options: RunOptions;
	/** Aborted when the user stops the execution. */
	stop?: AbortSignal;
}

/** @throws NodeOperationError if the credential cannot be used, or differs from item to item */
export async function prepareRun(context: IExecuteFunctions, options: RunOptions): Promise<Run> {
	const stop = context.getExecutionCancelSignal();
	await refuseSeveralAccounts(context);
	const client = await Client.connect(context);
	const memory = new Memory(context);
	const sender = new Sender(client.account, false, stop, context.logger);
	return {
		context,
		client,
		sender,
		reader: new ImageReader(client, sender, stop),
		memory,
		budget: new Budget(memory, options),
		claims: new Claims(new ClaimStore(context, client.account), client.account, options),
		tally: new Tally(),
		foreseen: new Map(),
		stop,
		options,
	};
}
