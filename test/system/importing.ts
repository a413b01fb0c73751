import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { n8nEnvironment } from '../e2e/harness/environment';
import { installN8n } from '../e2e/harness/install';
import type { N8nServer } from '../e2e/harness/server';
import type { WorkflowFile } from '../shared/workflows';

const run = promisify(execFile);

/**
 * Imports workflows into a running n8n by n8n's own command line. The editor's import is a form of
 * pasting, done in the browser: this is the import that n8n itself does.
 *
 * @param workflows - by the ID that each is to get
 * @throws when n8n does not say that it imported all of them
 */
export async function importByCommand(
	server: N8nServer,
	workflows: Record<string, WorkflowFile>,
): Promise<void> {
	const folder = await mkdtemp(join(server.userFolder, 'import-'));
	const ids = Object.keys(workflows);
	for (const id of ids) {
		await writeFile(join(folder, `${id}.json`), JSON.stringify({ id, ...workflows[id] }));
	}
	const n8n = join(await installN8n(), 'node_modules', 'n8n', 'bin', 'n8n');
	const { stdout, stderr } = await run(
		process.execPath,
		[n8n, 'import:workflow', '--separate', `--input=${folder}`],
		{
			cwd: server.userFolder,
			env: n8nEnvironment(server.userFolder, server.env),
		},
	);
	if (!stdout.includes(`Successfully imported ${ids.length} workflow`)) {
		throw new Error(`n8n did not import ${ids.join(', ')}:\n${stdout}\n${stderr}`);
	}
}
