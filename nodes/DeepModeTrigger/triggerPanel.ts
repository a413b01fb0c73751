import type { INodeTypeDescription } from 'n8n-workflow';

const WHILE_BUILDING =
	"<b>While you build the workflow</b>, click 'Execute step', then run a DeepMode node in the mode Call Back whose Callback URL is the Test URL. It works for one call, and the result shows up in this editor.";

const EXECUTIONS_LIST = '<a data-key="executions">executions list</a>';

/** What the editor says beside the trigger; its own words send users to DeepMode for an event. */
export const triggerPanel: INodeTypeDescription['triggerPanel'] = {
	header: 'Receive results from DeepMode',
	executionsHelp: {
		inactive: `${WHILE_BUILDING}<br /> <br /> <b>Once it is ready</b>, publish it and use the Production URL. Each result then starts the workflow; these executions show up in the ${EXECUTIONS_LIST}, but not in the editor.`,
		active: `${WHILE_BUILDING}<br /> <br /> <b>The workflow is published</b>: each result that comes to the Production URL starts it. These executions show up in the ${EXECUTIONS_LIST}, but not in the editor.`,
	},
	activationHint:
		'Once the workflow is published, results that come to the Production URL start it by themselves.',
};
