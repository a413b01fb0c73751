import { OWNER, type N8nClient } from '../e2e/harness/client';
import { example, exampleNames, TRIGGER_PATH, withCredentials } from '../shared/examples';
import type { StoredCredential } from '../shared/workflows';
import type { DemoApi } from './api';

/** Imports the examples and tells the user how to try them; never returns. */
export async function invite(
	n8n: N8nClient,
	credential: StoredCredential,
	api: DemoApi,
): Promise<void> {
	const links: string[] = [];
	const values = {
		'your image ID': api.imageId,
		'your model ID': api.modelId,
		'https://your-n8n.example.com/webhook/your-webhook-id/deepmode':
			n8n.server.webhookUrl(TRIGGER_PATH),
	};
	for (const name of exampleNames()) {
		const workflow = withCredentials(example(name, values), [credential]);
		const id = await n8n.createWorkflow(workflow);
		links.push(`  ${workflow.name}: ${n8n.server.url}/workflow/${id}`);
	}
	console.log(`
Open n8n:  ${n8n.server.url}
E-mail:    ${OWNER.email}
Password:  ${OWNER.password}

Then open a workflow and click "Execute workflow":
${links.join('\n')}

It uses ${api.name}. Ctrl+C ends everything.
`);
	await new Promise(() => {});
}
