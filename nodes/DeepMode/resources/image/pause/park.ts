import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
} from 'n8n-workflow';

/** What n8n keeps with a parked execution for the node that parked it. */
export interface Parked extends IDataObject {
	/** Tells one parking of an execution from another, as in a loop. */
	round: string;
	/** The binary field for files; none are wanted without it. */
	field?: string;
	/** Images to look at, and files to download, at once. */
	lanes: number;
}

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
 * brings it back; when the time is over, n8n does, without running the node again.
 *
 * @param items what comes out when the time is over
 * @param until when that is
 * @returns what the node is to return
 */
export async function park(
	context: IExecuteFunctions,
	items: INodeExecutionData[],
	parked: Parked,
	until: Date,
): Promise<INodeExecutionData[]> {
	context.getContext('node').parked = parked;
	const execution = context.getExecuteData();
	// Other branches share this object, and n8n disables the one it resumes.
	execution.node = { ...execution.node };
	// n8n stores a parked node's input, and not its output.
	execution.data = { ...execution.data, main: [items] };
	await context.putExecutionToWait(until);
	// n8n tries a node again whose first item has an error, and moves errors out of this list.
	return items.map((item) => ({ ...item, json: withoutError(item.json) }));
}

function withoutError(json: IDataObject): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(([name]) => name !== 'error'));
}
