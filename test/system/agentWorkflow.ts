import type { IDataObject, INode } from 'n8n-workflow';

import type { StoredCredential, WorkflowFile } from '../shared/workflows';
import { deepModeNode, node, startNode, to, using } from '../shared/workflows';

interface AgentOptions {
	/** Version of the AI Agent. */
	version: number;
	/** Of the model. */
	openAi: StoredCredential;
	/** Of the tool. */
	deepMode: StoredCredential;
	/** Parameters of the tool. */
	parameters: IDataObject;
	settings?: Partial<INode>;
}

/** An AI Agent with a DeepMode node as its only tool, which may call it as often as it likes. */
export function agentWorkflow(options: AgentOptions): WorkflowFile {
	const tool = {
		...deepModeNode(options.deepMode, options.parameters, options.settings),
		type: 'n8n-nodes-deepmode.deepModeTool',
	};
	const agent = node('AI Agent', '@n8n/n8n-nodes-langchain.agent', options.version, {
		promptType: 'define',
		text: 'Please',
		options: { maxIterations: 1000 },
	});
	const model = node(
		'Model',
		'@n8n/n8n-nodes-langchain.lmChatOpenAi',
		1.2,
		{ model: { __rl: true, mode: 'list', value: 'gpt-4.1-mini' }, options: {} },
		using(options.openAi),
	);
	return {
		nodes: [startNode(), agent, model, tool],
		connections: {
			Start: { main: [[to(agent.name)]] },
			[model.name]: { ai_languageModel: [[to(agent.name, 'ai_languageModel')]] },
			[tool.name]: { ai_tool: [[to(agent.name, 'ai_tool')]] },
		},
		settings: { executionOrder: 'v1' },
	};
}
