import type { IDataObject, INode } from 'n8n-workflow';

import type { OutputItem } from '../shared/execution';
import { waitFor } from '../shared/waitFor';
import { chain, triggerNode } from '../shared/workflows';
import type { World } from './world';

/** An active workflow that starts with a DeepMode Trigger. */
export interface ActiveTrigger {
	id: string;
	/** The path that `N8nServer.webhookUrl` takes. */
	path: string;
	url: string;
	/**
	 * What came out of a node, by default of the trigger, in each run so far that succeeded; as soon as
	 * there are so many.
	 */
	runs: (count: number, nodeName?: string) => Promise<OutputItem[][]>;
}

/** @param after nodes behind the trigger */
export async function activeTrigger(
	{ n8n, server, credential }: World,
	parameters: IDataObject = {},
	...after: INode[]
): Promise<ActiveTrigger> {
	const trigger = triggerNode(credential, parameters);
	const path = `${trigger.webhookId}/deepmode`;
	const id = await n8n.createWorkflow(chain(trigger, ...after));
	await n8n.activate(id, path);
	const runs = async (count: number, nodeName = trigger.name) => {
		const ended = await waitFor(
			`${count} runs of the trigger's workflow`,
			async () => {
				const executions = await n8n.executions({ workflowId: id, status: ['success'] });
				return executions.length >= count && executions;
			},
			{ timeoutMs: 60_000 },
		);
		return await Promise.all(
			ended.map(async (run) => (await n8n.execution(run.id)).items(nodeName)),
		);
	};
	return { id, path, url: server.webhookUrl(path), runs };
}
