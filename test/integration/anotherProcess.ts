import type { INodeType } from 'n8n-workflow';

import type * as DeepModeNode from '../../nodes/DeepMode/DeepMode.node';

const DEEP_MODE = '../../nodes/DeepMode/DeepMode.node';

/** The node as another process has it: it knows nothing of this one but what is in n8n's database. */
export function nodeOfAnotherProcess(): INodeType {
	const n8nWorkflow = jest.requireActual('n8n-workflow');
	let nodeType: INodeType | undefined;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => n8nWorkflow);
		const { DeepMode } = jest.requireActual<typeof DeepModeNode>(DEEP_MODE);
		nodeType = new DeepMode();
	});
	return nodeType as INodeType;
}
