import type { INodeProperties } from 'n8n-workflow';

import { getBalance, getBalanceFields } from './getBalance';

/** All that can be asked about the account. This room may use `run`, `shared`, and images' words. */
export const accountOperations = { getBalance };

export const accountFields: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['account'] } },
		options: [
			{
				name: 'Get Balance',
				value: 'getBalance',
				action: 'Get the balance of the account',
				description: 'Read how many credits are left: free',
				builderHint: { propertyHint: 'Puts out remaining_balance, once for all items' },
			},
		],
		default: 'getBalance',
	},
	...getBalanceFields,
];
