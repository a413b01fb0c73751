import type { INode } from 'n8n-workflow';

import type { StoredCredential, WorkflowFile } from './workflows';
import { node, startNode, to, using } from './workflows';

/**
 * A workflow in which an AI Agent answers "Please", with one tool that it may call as often as it likes.
 *
 * @param model credential for OpenAI's API
 * @param version of the AI Agent
 */
export function agentWith(tool: INode, model: StoredCredential, version: number): WorkflowFile {
	return {
		nodes: [
			startNode(),
			node('AI Agent', '@n8n/n8n-nodes-langchain.agent', version, {
				promptType: 'define',
				text: 'Please',
				options: { maxIterations: 1000 },
			}),
			node(
				'Model',
				'@n8n/n8n-nodes-langchain.lmChatOpenAi',
				1.2,
				{ model: { __rl: true, mode: 'list', value: 'gpt-4.1-mini' }, options: {} },
				using(model),
			),
			tool,
		],
		connections: {
			Start: { main: [[to('AI Agent')]] },
			Model: { ai_languageModel: [[to('AI Agent', 'ai_languageModel')]] },
			[tool.name]: { ai_tool: [[to('AI Agent', 'ai_tool')]] },
		},
		settings: { executionOrder: 'v1' },
	};
}
