/// <reference lib="esnext.disposable" />
import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import sharp from 'sharp';

import { emulatedApi, type DemoApi } from '../demo/api';
import { furnish, invitation } from '../demo/interactive';
import { openN8n } from '../demo/n8n';
import type { Offer } from '../demo/offers';
import { Chatter } from '../shared/chatter';
import { ANSWERS, BY_HAND, example, exampleNames } from '../shared/examples';
import type { Execution } from '../shared/execution';
import { waitFor } from '../shared/waitFor';
import type { WorkflowFile } from '../shared/workflows';
import type { N8nClient } from './harness/client';

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';

const cleanup = new AsyncDisposableStack();
let api: DemoApi;
let n8n: N8nClient;
let offers: Offer[];
let files: string;

beforeAll(async () => {
	api = await emulatedApi();
	cleanup.defer(api.close);
	const opened = await openN8n(api, cleanup);
	n8n = opened.n8n;
	const furnished = await furnish(n8n, opened.credential, api, cleanup);
	({ offers } = furnished);
	({ files } = furnished.services);
	cleanup.defer(async () => await rm(files, { recursive: true }));
}, 300_000);

afterAll(async () => await cleanup.disposeAsync());

const offer = (name: string) => offers.find((one) => one.example === name) as Offer;

/** The first click: nothing is filled in, chosen or published before. */
async function click(name: string): Promise<Execution> {
	return await n8n.waitForExecution(await n8n.run(offer(name).workflowId, BY_HAND));
}

/** What came out of a node, when all went well. */
function images(execution: Execution, node: string): unknown[] {
	expect(execution.error).toBeUndefined();
	expect(execution.status).toBe('success');
	return execution.items(node).map(({ json }) => [json.id, json.upscaled]);
}

const contentOf = (folder: string) => readdirSync(join(files, folder));

it('offers every example', () => {
	expect(offers.map((one) => one.example).sort()).toEqual(exampleNames().sort());
});

it('says for each where it is and what will be seen', () => {
	const text = invitation(n8n, api, offers);

	for (const { name, workflowId, see } of offers) {
		expect(text).toContain(`  ${name}\n    ${n8n.server.url}/workflow/${workflowId}\n    ${see}`);
	}
	expect(text).toContain(`${files}/upscaled`);
});

it('upscale-one-image', async () => {
	const execution = await click('upscale-one-image');

	expect(images(execution, 'Upscale Image')).toEqual([[api.images.one, true]]);
});

it('async-upscale-with-callback', async () => {
	const execution = await click('async-upscale-with-callback');

	expect(execution.error).toBeUndefined();
	const { workflowId } = offer('async-upscale-with-callback');
	const { id } = await waitFor('the run with the result', async () =>
		(await n8n.executions({ workflowId, status: ['success'] })).find(
			({ mode }) => mode === 'webhook',
		),
	);
	expect((await n8n.execution(id)).items('Result')).toHaveLength(1);
});

it('pause-until-callback', async () => {
	const execution = await click('pause-until-callback');

	const { paused, pausedToo } = api.images;
	expect(images(execution, 'Upscaled')).toEqual([
		[paused, true],
		[pausedToo, true],
	]);
});

it('generate-upscale-upload', async () => {
	const execution = await click('generate-upscale-upload');

	expect(images(execution, 'Upload Picture')).toHaveLength(2);
	const names = execution.items('Upload Picture').map(({ json }) => String(json.file_name));
	expect(contentOf('upscaled')).toEqual(expect.arrayContaining(names));
	for (const name of names) {
		expect(await sharp(join(files, 'upscaled', name)).metadata()).toMatchObject({ width: 1024 });
	}
});

it('nightly-batch', async () => {
	const execution = await click('nightly-batch');

	expect(execution.error).toBeUndefined();
	const uploads = execution.items('Upload Picture').map(({ json }) => String(json.file_name));
	expect(contentOf('upscaled')).toEqual(expect.arrayContaining(uploads));
	const [report] = contentOf('reports');
	const lines = (await readFile(join(files, 'reports', String(report)), 'utf8')).split('\n');
	expect(lines.map((line) => line.split(',').slice(0, 3).join(',').replace('\uFEFF', ''))).toEqual([
		'image_id,status,credits',
		`${api.images.listed},upscaled,3`,
		`${api.upscaledImage},was upscaled already,0`,
		'total,,3',
	]);
});

it('ai-agent-tool', async () => {
	const { workflowId, see } = offer('ai-agent-tool');
	const [message] = /Please upscale the image \w+/.exec(see) as RegExpExecArray;

	const execution = await n8n.waitForExecution(await n8n.chat(workflowId, message));

	expect(execution.error).toBeUndefined();
	const [answer] = execution.items('AI Agent');
	expect(answer?.json.output).toContain('I am no model: I stand in for one');
	expect(answer?.json.output).toContain(api.images.asked);
	expect(answer?.json.output).toContain('image_url');
});

it('ai-agent-asks-first', async () => {
	const { workflowId, see } = offer('ai-agent-asks-first');
	const [message] = /Please make [\w ]+/.exec(see) as RegExpExecArray;

	const executionId = await n8n.chat(workflowId, message);
	const { data } = await n8n.waitForExecution(executionId, { statuses: ['waiting'] });
	const chatter = Chatter.listen(n8n.server.url, {
		sessionId: '1',
		executionId,
		resumeToken: (data as { resumeToken?: string }).resumeToken,
	});
	const question = await chatter.click(ANSWERS.yes);
	const answer = await chatter.hears(2);
	chatter.leave();

	expect(question).toContain('costs 3 credits');
	expect(answer).toContain('I am no model: I stand in for one');
	expect(answer).toContain('"upscaled":true');
	expect((await n8n.waitForExecution(executionId)).error).toBeUndefined();
});

it('has nothing left to fill in, and notes as in examples/', async () => {
	const notes = ({ nodes }: WorkflowFile) =>
		nodes.filter(({ type }) => type === STICKY_NOTE).map(({ parameters }) => parameters.content);

	for (const { example: name, workflowId } of offers) {
		const workflow = await n8n.workflow(workflowId);
		expect(notes(workflow)).toEqual(notes(example(name)));
		const others = workflow.nodes.filter(({ type }) => type !== STICKY_NOTE);
		expect(JSON.stringify(others)).not.toMatch(/your (second )?(image|model) ID|your-n8n/);
	}
});
