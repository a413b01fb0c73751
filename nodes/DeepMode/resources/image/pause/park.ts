import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
} from 'n8n-workflow';

import { inWorkItem, isPending } from './pending';

/** What n8n keeps with a parked execution for the node that parked it. */
export interface Parked extends IDataObject {
	/** Tells one parking of an execution from another, as in a loop. */
	round: string;
	/** When it was parked, in milliseconds since 1970. */
	since: number;
	/** When it goes on with all that is known, in milliseconds since 1970. */
	limit: number;
	/** The binary field for files; none are wanted without it. */
	field?: string;
	/** Images to look at, and files to download, at once. */
	lanes: number;
	/** How long one file may take, in milliseconds. */
	timeout: number;
}

/**
 * How long after the limit n8n's own timer goes off, in milliseconds. It is only the net below: what
 * it brings back is what was stored. It is armed up to 70 s ahead, and a resume does not clear it.
 */
const NET = 15 * 60_000;
/** How long before n8n's timer the last must have been done, in milliseconds. */
const BEFORE_NET = 2 * 60_000;

/** When n8n brings a parked execution back by itself, in milliseconds since 1970. */
export const netOf = (limit: number) => limit + NET;

/** When what is not there is missing, in milliseconds since 1970. */
export const deadlineOf = (limit: number) => netOf(limit) - BEFORE_NET;

/** The address of a parked execution. A constant, since n8n registers nothing for it. */
export const resumeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		// Without this, n8n answers with the literal text "firstEntryJson".
		responseData: '',
		path: '={{ $nodeId }}',
		isFullPath: true,
		restartWebhook: true,
	},
];

/** Where a call reaches this node while it has this very execution parked. */
export function resumeUrlOf(context: IExecuteFunctions | IWebhookFunctions): string {
	const url = new URL(String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)));
	url.pathname += `/${context.getNode().id}`;
	return url.href;
}

/**
 * Parks the execution at this node: n8n stores it, and nothing is held. A call to the resume URL
 * brings it back.
 *
 * @param items what comes out if nobody calls
 * @returns what the node is to return
 */
export async function park(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	parked: Parked,
): Promise<INodeExecutionData[]> {
	context.getContext('node').parked = parked;
	const execution = context.getExecuteData();
	// Other branches share this object, and n8n disables the one it resumes.
	execution.node = { ...execution.node };
	// n8n stores a parked node's input, and not its output.
	execution.data = { ...execution.data, main: [items] };
	await context.putExecutionToWait(new Date(netOf(parked.limit)));
	return items.map((item) => ({ ...item, json: meanwhile(item) }));
}

/** What the node is to return for an item while it is parked. */
function meanwhile(item: INodeExecutionData): IDataObject {
	if (isPending(item)) return inWorkItem(String(item.json.id));
	// n8n tries a node again whose first item has an error, and moves errors out of the list.
	return Object.fromEntries(Object.entries(item.json).filter(([name]) => name !== 'error'));
}

/** What n8n has kept of it. Braces in the node's name would end the expression. */
export function parkedState(context: IWebhookFunctions): Parked {
	const name = spelledOut(context.getNode().name);
	return context.evaluateExpression(`{{ $node["${name}"].context["parked"] }}`) as Parked;
}

/** For a string in an expression: n8n refuses ".constructor" and more, too. */
function spelledOut(text: string): string {
	return text.replace(
		/\W/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}
