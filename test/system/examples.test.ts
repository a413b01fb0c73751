import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import axios from 'axios';
import type { IDataObject } from 'n8n-workflow';
import sharp from 'sharp';

import { askForPicture } from '../e2e/askingChat';
import { useWorld } from '../e2e/world';
import type { ImageRecord } from '../emulator';
import type { Values } from '../shared/examples';
import {
	ANSWERS,
	ASKING_CHAT_PATH,
	BY_HAND,
	CHAT_PATH,
	example,
	TRIGGER_PATH,
	wantLarge,
	withCredentials,
	withParameters,
} from '../shared/examples';
import { startModel, type OpenAiStub } from '../shared/openAiStub';
import { fetchFile } from '../shared/requests';
import { waitFor } from '../shared/waitFor';
import type { StoredCredential } from '../shared/workflows';
import { importByCommand } from './importing';
import { startOpenSsh, type SftpServer } from './openssh';

const UNKNOWN = 'no-such-image';

const world = useWorld();
let sftp: SftpServer;
let model: OpenAiStub;
let images: Record<'one' | 'async' | 'asked' | 'done' | 'open' | 'failed', ImageRecord>;

// Starting n8n's command line takes its time: all examples are imported at once. Each gets the name
// of its file for its ID.
beforeAll(async () => {
	const { deepMode, n8n, server } = world;
	const image = () => deepMode.addImage();
	images = {
		one: image(),
		async: image(),
		asked: image(),
		done: image(),
		open: image(),
		failed: image(),
	};
	sftp = await startOpenSsh();
	model = await startModel({
		toolArguments: (question) =>
			question.includes(images.asked.id) ? [{ Image_ID: images.asked.id }] : [{ Prompt: 'a lake' }],
		next: wantLarge,
		answer: (result) => `Done: ${result}`,
	});
	const credentials: StoredCredential[] = [
		world.credential,
		await n8n.createCredential('sftp', 'SFTP account', { ...sftp.access }),
		await n8n.createCredential('openAiApi', 'OpenAI account', { apiKey: 'sk-1', url: model.url }),
	];
	const filled = (name: string, values?: Values) =>
		withCredentials(example(name, values), credentials);
	const nightly = filled('nightly-batch');
	await importByCommand(server, {
		'upscale-one-image': filled('upscale-one-image', { 'your image ID': images.one.id }),
		'async-upscale-with-callback': filled('async-upscale-with-callback', {
			'your image ID': images.async.id,
			'https://your-n8n.example.com/webhook/your-webhook-id/deepmode':
				server.webhookUrl(TRIGGER_PATH),
		}),
		'pause-until-callback': withParameters(
			withParameters(filled('pause-until-callback'), 'Images', {
				jsonOutput: JSON.stringify({
					image_ids: [images.done.id, images.open.id, images.failed.id],
				}),
			}),
			'Upscale Images',
			{ options: { maxWait: 1 } },
		),
		'generate-upscale-upload': filled('generate-upscale-upload', {
			'your model ID': deepMode.modelId,
		}),
		'nightly-batch': nightly,
		'nightly-batch-in-a-hurry': withParameters(nightly, 'Every Night', {
			rule: { interval: [{ field: 'cronExpression', expression: '*/5 * * * * *' }] },
		}),
		'ai-agent-tool': withParameters(filled('ai-agent-tool'), 'When Chat Message Received', {
			public: true,
		}),
		'ai-agent-asks-first': withParameters(
			filled('ai-agent-asks-first', { 'your model ID': deepMode.modelId }),
			'When Chat Message Received',
			{ public: true },
		),
	});
}, 120_000);

afterAll(async () => {
	await model?.stop();
	await sftp?.stop();
});

const runByHand = async (workflowId: string) =>
	await world.n8n.waitForExecution(await world.n8n.run(workflowId, BY_HAND));

const finishedRun = async (workflowId: string, startedBy: string) =>
	await waitFor(`a run of ${workflowId} that a ${startedBy} starts`, async () =>
		(await world.n8n.executions({ workflowId, status: ['success'] })).find(
			({ mode }) => mode === startedBy,
		),
	);

/** The image's file at DeepMode as it is now. */
async function picture(id: string): Promise<Buffer> {
	const { data } = await axios.get<{ image_url: string }>(
		`${world.deepMode.url}/api/images/${id}`,
		{
			headers: { Authorization: `Bearer ${world.deepMode.apiKey}` },
		},
	);
	return await fetchFile(data.image_url);
}

const uploaded = async (path: string) => await readFile(join(sftp.files, path));

async function size(file: Buffer): Promise<[number, number]> {
	const { width, height } = await sharp(file).metadata();
	return [width, height];
}

/** The file on the SFTP server is DeepMode's, and four times the size of what it was before. */
async function expectUpload(image: IDataObject, [width, height]: [number, number]): Promise<void> {
	const file = await uploaded(`upscaled/${String(image.file_name)}`);
	expect(file.equals(await picture(String(image.id)))).toBe(true);
	expect(await size(file)).toEqual([4 * width, 4 * height]);
}

it('upscale-one-image upscales one image', async () => {
	const execution = await runByHand('upscale-one-image');

	expect(execution.items('Upscale Image').map(({ json }) => [json.id, json.upscaled])).toEqual([
		[images.one.id, true],
	]);
});

it('pause-until-callback goes on with what is done, and looks after what is not', async () => {
	const [done, open, failed] = [images.done.id, images.open.id, images.failed.id];
	const gaveUp = { message: 'Upscaling failed: too dark' };
	world.deepMode.workMs = (id) => (id === open ? 600_000 : 6000);
	world.deepMode.fault(failed, { on: 'work', gaveUp });
	world.deepMode.fault(done, { on: 'callback', lost: true });

	const execution = await world.n8n.waitForExecution(
		await world.n8n.run('pause-until-callback', BY_HAND),
		{ timeoutMs: 180_000 },
	);

	const from = (name: string) => execution.items(name).map(({ json }) => json.id);
	expect(from('Upscaled')).toEqual([done]);
	expect(execution.items('Failed').map(({ json }) => json)).toEqual([
		{ id: failed, upscaled: false, failed: true, ...gaveUp },
	]);
	expect([from('Get Image'), from('Not Yet')]).toEqual([[open], [open]]);
	expect([done, open, failed].map((id) => world.deepMode.charges(id).length)).toEqual([1, 1, 1]);
}, 240_000);

it('async-upscale-with-callback brings the customer back beside the result', async () => {
	await world.n8n.activate('async-upscale-with-callback', TRIGGER_PATH);

	await runByHand('async-upscale-with-callback');

	const { id } = await finishedRun('async-upscale-with-callback', 'webhook');
	expect((await world.n8n.execution(id)).items('Result').map(({ json }) => json)).toEqual([
		{ customer: 'Zoë & Sons', image_url: expect.stringContaining(world.deepMode.filesUrl) },
	]);
});

it('generate-upscale-upload puts two new pictures on the server', async () => {
	const spent = world.deepMode.spent;
	const source = await size(await picture(world.deepMode.addImage().id));

	const execution = await runByHand('generate-upscale-upload');

	expect(execution.error).toBeUndefined();
	const pictures = execution.items('Upload Picture').map(({ json }) => json);
	expect(pictures.map(({ id }) => id)).toEqual(
		execution.items('Generate Images').map(({ json }) => json.id),
	);
	expect(pictures).toHaveLength(2);
	for (const image of pictures) await expectUpload(image, source);
	expect(world.deepMode.spent - spent).toBe(2 * (1 + 3));
});

describe('nightly-batch', () => {
	let fresh: ImageRecord[];
	let done: ImageRecord;

	const report = async (executionId: string) => {
		const name = readdirSync(join(sftp.files, 'reports')).find((file) =>
			file.endsWith(`-${executionId}.csv`),
		);
		const csv = (await uploaded(`reports/${name}`)).toString();
		return csv.replace('\uFEFF', '').trimEnd().split('\n');
	};

	const line = ({ id, file_name }: ImageRecord, status: string, credits: number) =>
		`${id},${status},${credits},upscaled/${basename(file_name)},`;

	const failed =
		/^no-such-image,failed,0,,"DeepMode does not know image ""no-such-image"": Check the ID.*"$/;

	beforeAll(async () => {
		fresh = world.deepMode.addImages(3);
		// A name from outside must not lead out of the folder.
		done = world.deepMode.addImage({ upscaled: true, file_name: '../../done.jpeg' });
		const [first, second, third] = fresh.map(({ id }) => id);
		const list = ['image_id', first, UNKNOWN, done.id, second, first, third];
		// As a spreadsheet saves it.
		await writeFile(join(sftp.files, 'images.csv'), `\uFEFF${list.join('\r\n')}\r\n`);
	});

	it('upscales what is not upscaled, uploads all, and reports on each image', async () => {
		const spent = world.deepMode.spent;
		const sources = await Promise.all(fresh.map(async ({ id }) => await size(await picture(id))));

		const execution = await runByHand('nightly-batch');

		expect(execution.error).toBeUndefined();
		expect(world.deepMode.spent - spent).toBe(9);
		for (const [index, { id, file_name }] of fresh.entries()) {
			await expectUpload({ id, file_name }, sources[index] as [number, number]);
		}
		expect(await uploaded('upscaled/done.jpeg')).toEqual(await picture(done.id));
		const lines = await report(execution.id);
		expect(lines[0]).toBe('image_id,status,credits,file,message');
		expect(lines.slice(1, -2)).toEqual([
			line(fresh[0] as ImageRecord, 'upscaled', 3),
			line(done, 'was upscaled already', 0),
			line(fresh[1] as ImageRecord, 'upscaled', 3),
			line(fresh[2] as ImageRecord, 'upscaled', 3),
		]);
		expect(lines.at(-2)).toMatch(failed);
		expect(lines.at(-1)).toBe(`total,,9,,The balance is ${world.deepMode.credits}`);
	});

	it('has a schedule that n8n understands, and can be published', async () => {
		// Started from the schedule by hand, n8n refuses a cron expression that is none.
		const executionId = await world.n8n.run('nightly-batch', 'Every Night');
		const execution = await world.n8n.waitForExecution(executionId);
		expect([execution.status, execution.error]).toEqual(['success', undefined]);

		await world.n8n.activate('nightly-batch');
		await world.n8n.deactivate('nightly-batch');
	});

	it('costs nothing the second time, started by its schedule', async () => {
		const spent = world.deepMode.spent;

		await world.n8n.activate('nightly-batch-in-a-hurry');
		const { id } = await finishedRun('nightly-batch-in-a-hurry', 'trigger');
		await world.n8n.deactivate('nightly-batch-in-a-hurry');

		expect(world.deepMode.spent).toBe(spent);
		const lines = await report(id);
		expect(lines.slice(1, -2)).toEqual(
			[fresh[0] as ImageRecord, done, ...fresh.slice(1)].map((image) =>
				line(image, 'was upscaled already', 0),
			),
		);
		expect(lines.at(-2)).toMatch(failed);
		expect(lines.at(-1)).toBe(`total,,0,,The balance is ${world.deepMode.credits}`);
	});

	it('reports what images cost that fail, and what it does not know', async () => {
		const [unseen, lost, withoutFile] = world.deepMode.addImageIds(3) as [string, string, string];
		await writeFile(
			join(sftp.files, 'images.csv'),
			`image_id\n${unseen}\n${lost}\n${withoutFile}\n`,
		);
		const refused = { on: 'retrieve', status: 403 } as const;
		world.deepMode.fault(unseen, refused);
		world.deepMode.fault(lost, { on: 'retrieve', delayMs: 0 });
		world.deepMode.fault(lost, { cut: 'after' });
		world.deepMode.fault(lost, { ...refused, times: Infinity });
		world.deepMode.fault(withoutFile, { on: 'file', status: 410 });
		const spent = world.deepMode.spent;

		const { id } = await runByHand('nightly-batch');
		world.deepMode.clearFaults();

		expect(world.deepMode.spent - spent).toBe(6);
		expect((await report(id)).slice(1)).toEqual([
			expect.stringMatching(new RegExp(`^${unseen},failed,0,,"?DeepMode refused to look at`)),
			expect.stringMatching(new RegExp(`^${lost},failed,up to 3,,"?It is not known whether`)),
			expect.stringMatching(new RegExp(`^${withoutFile},failed,3,,"?The file of image`)),
			`total,,3 or more,,The balance is ${world.deepMode.credits}`,
		]);
	});

	it('reports too when DeepMode cannot be asked', async () => {
		const { id } = world.deepMode.addImage();
		await writeFile(join(sftp.files, 'images.csv'), `image_id\n${id}\n`);
		for (const on of ['balance', 'retrieve'] as const) {
			world.deepMode.fault('*', { on, status: 403, times: Infinity });
		}

		const outage = await runByHand('nightly-batch');
		world.deepMode.clearFaults();

		expect((await report(outage.id)).slice(1)).toEqual([
			expect.stringMatching(new RegExp(`^${id},failed,0,,`)),
			expect.stringMatching(/^total,,0,,DeepMode refused to show the balance/),
		]);
	});

	it('reports too when no image fails, and when all do', async () => {
		await writeFile(join(sftp.files, 'images.csv'), `image_id\n${done.id}\n`);
		const allWell = await runByHand('nightly-batch');
		await writeFile(join(sftp.files, 'images.csv'), `image_id\n${UNKNOWN}\n`);
		const noneWell = await runByHand('nightly-batch');

		expect((await report(allWell.id)).slice(1)).toEqual([
			line(done, 'was upscaled already', 0),
			expect.stringMatching(/^total,,0,/),
		]);
		expect((await report(noneWell.id)).slice(1)).toEqual([
			expect.stringMatching(failed),
			expect.stringMatching(/^total,,0,/),
		]);
	});
});

it('ai-agent-tool lets a model upscale the image that the user asks for', async () => {
	await world.n8n.activate('ai-agent-tool', CHAT_PATH);

	const { data } = await axios.post<{ output: string }>(world.server.webhookUrl(CHAT_PATH), {
		action: 'sendMessage',
		sessionId: '1',
		chatInput: `Please upscale the image ${images.asked.id}`,
	});

	expect(data.output).toContain(images.asked.id);
	expect(data.output).toContain(world.deepMode.filesUrl);
	expect(world.deepMode.charges(images.asked.id)).toHaveLength(1);
	const [question] = model.requests;
	expect(question?.messages.at(-1)?.content).toContain(images.asked.id);
	expect(question?.tools).toEqual([
		{
			type: 'function',
			function: expect.objectContaining({
				name: 'Upscale_Image',
				description: expect.stringContaining('Costs the user 3 credits'),
				parameters: expect.objectContaining({ required: ['Image_ID'] }),
			}),
		},
	]);
});

describe('ai-agent-asks-first', () => {
	beforeAll(async () => {
		await world.n8n.activate('ai-agent-asks-first', ASKING_CHAT_PATH);
	});

	it('tells the price, and upscales when the person says yes', async () => {
		const spent = world.deepMode.spent;

		const { question, said, execution } = await askForPicture(world.n8n, ANSWERS.yes);

		expect(execution.error).toBeUndefined();
		expect(question).toMatch(/^Upscaling the image \w+ costs 3 credits/);
		expect(said).toContain('"upscaled":true');
		expect(world.deepMode.spent - spent).toBe(1 + 3);
	});

	it('pays for nothing more when the person says no', async () => {
		const spent = world.deepMode.spent;

		const { said, execution } = await askForPicture(world.n8n, ANSWERS.no);

		expect(execution.error).toBeUndefined();
		expect(said).toContain('rejected the tool call');
		expect(world.deepMode.spent - spent).toBe(1);
	});

	it('has a limit in each tool that costs something', () => {
		const { nodes } = example('ai-agent-asks-first');
		const limits = nodes
			.filter(({ type }) => type === 'n8n-nodes-deepmode.deepModeTool')
			.map(({ parameters }) => (parameters.options as IDataObject).maxCredits);

		expect(limits).toEqual([4, 6]);
	});
});
