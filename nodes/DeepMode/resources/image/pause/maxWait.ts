import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { readNumberOption } from '../../../run/options';

export const maxWaitOption: INodeProperties = {
	displayName: 'Max Wait',
	name: 'maxWait',
	type: 'number',
	noDataExpression: true,
	// At most 30 days.
	typeOptions: { minValue: 1, maxValue: 43_200 },
	default: 60,
	description:
		'How many minutes the execution stays paused at most. Images that are not known to be finished by then come out with "timed_out": true. It holds for the whole run, so it takes no expression.',
	displayOptions: { show: { '/mode': ['pause'] } },
};

/** @returns how long the execution may stay parked, in milliseconds */
export function readMaxWait(context: IExecuteFunctions): number {
	return readNumberOption(context, maxWaitOption, 'minutes') * 60_000;
}
