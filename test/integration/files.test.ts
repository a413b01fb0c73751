import { gzipSync } from 'node:zlib';

import type { IDataObject, INode } from 'n8n-workflow';
import sharp from 'sharp';

import type { Emulator } from '../emulator';
import { startEmulator } from '../emulator';
import type { RequestFault } from '../emulator/faults';
import { readDocument } from '../unit/docs/markdown';
import { onMovedClock } from './clock';
import type { Execution } from './engine';
import { execute } from './engine';
import { startHttpServer } from '../shared/httpServer';

type FileFault = RequestFault & { times?: number };

/** Each row of the table of files in docs/reliability.md has a test of the same name. */
const ROWS: Record<string, () => Promise<void>> = {
	'404, 408, 425, 429 or 5xx': async () => {
		for (const status of [404, 408, 425, 429, 500, 502, 503, 504, 509]) {
			const { passed } = await expectPicture({ status, times: 4 });
			expect(passed).toBeGreaterThanOrEqual(15_000);
			await expectNone({ status, times: Infinity }, 5, `status ${status}`);
		}
	},
	'Retry-After': async () => {
		for (const status of [429, 503]) {
			const { passed } = await expectPicture({ status, headers: { 'retry-after': '30' } });
			expect(passed).toBeGreaterThanOrEqual(30_000);
			await expectNone({ status, headers: { 'retry-after': '3600' } }, 1, `status ${status}`);
		}
	},
	'A transfer that is cut, or empty': async () => {
		for (const fault of [{ cut: 'body' }, { status: 200, contentType: 'image/jpeg' }] as const) {
			await expectPicture({ ...fault, times: 4 });
			await expectNone({ ...fault, times: Infinity }, 5, 'cut' in fault ? 'abort' : 'empty');
		}
	},
	'A connection that fails': async () => {
		await expectPicture({ cut: 'before', times: 4 });
		await expectNone({ cut: 'before', times: Infinity }, 5, 'socket hang up');
	},
	'403, since the URL has expired': async () => {
		const { passed } = await expectPicture({ status: 403 });
		expect(passed).toBeLessThan(2000);
		expect(looks()).toBe(2);
	},
	'403, since the URL is not good yet': async () => {
		deepMode.urlDelayMs = 2000;
		await expectPicture();
	},
	'403, whatever the URL': async () => {
		deepMode.urlLifetimeMs = 0;
		await expectNone({ delayMs: 0 }, 5, 'refuses its URL');
		expect(looks()).toBe(5);
	},
	'Any other status': async () => {
		for (const status of [204, 206, 400, 401, 402, 405, 409, 410, 416, 451]) {
			await expectNone({ status }, 1, `status ${status}`);
		}
	},
	'A page, XML or JSON': async () => {
		for (const contentType of ['text/html', 'application/xml', 'application/json']) {
			await expectNone({ status: 200, body: 'x', contentType }, 1, `no picture but ${contentType}`);
		}
	},
	'A compressed file': async () => {
		await expectPicture({ sentAs: { gzip: true } });
	},
	'A type that is not registered': async () => {
		for (const [contentType, mimeType] of [
			['image/jpg', 'image/jpeg'],
			['image/pjpeg', 'image/jpeg'],
			['image/x-png', 'image/png'],
			['IMAGE/JPG; charset=binary', 'image/jpeg'],
		] as const) {
			const { file } = await expectPicture({ sentAs: { contentType } });
			expect(file?.mimeType).toBe(mimeType);
		}
	},
	'No type, or application/octet-stream': async () => {
		for (const contentType of ['', 'application/octet-stream']) {
			const { file } = await expectPicture({ sentAs: { contentType } }, { file_name: 'lake.WEBP' });
			expect(file).toMatchObject({ mimeType: 'image/webp', fileName: 'lake.WEBP' });
		}
	},
	'A name that does not fit the type': async () => {
		const { file, json } = await expectPicture(
			{ sentAs: { contentType: 'image/png' } },
			{ file_name: 'lake.jpeg' },
		);
		expect(file).toMatchObject({
			mimeType: 'image/png',
			fileName: 'lake.png',
			fileExtension: 'png',
		});
		expect(json?.file_name).toBe('lake.jpeg');
	},
	'No name': async () => {
		const picture = await sharp({
			create: { width: 1, height: 1, channels: 3, background: 'red' },
		})
			.webp()
			.toBuffer();
		const host = await startHttpServer((_, response) =>
			response.writeHead(200, { 'content-type': 'image/webp' }).end(picture),
		);
		const body = { id: 'q1', upscaled: true, image_url: host.url };
		deepMode.fault('q1', { on: 'retrieve', status: 200, body });
		const { outputs } = await download(['q1']);
		host.close();
		expect(outputs[0]?.[0]?.binary?.data).toMatchObject({
			fileName: 'q1.webp',
			mimeType: 'image/webp',
		});
		expect(outputs[0]?.[0]?.json).toEqual(body);
	},
};

let deepMode: Emulator;

beforeEach(async () => {
	deepMode = await startEmulator();
});

afterEach(async () => {
	await deepMode.close();
});

describe('docs/reliability.md, files', () => {
	const rows = readDocument('docs/reliability.md')
		.tables.find(({ heading }) => heading === 'Files')
		?.rows.slice(1)
		.map(([name = '']) => name);

	it('has a test for each row', () => {
		expect(rows).toEqual(Object.keys(ROWS));
	});

	it.each(rows ?? [])('%s', async (row) => await ROWS[row]?.());
});

it('a batch gets all its pictures, though one file fails in each way', async () => {
	const ids = deepMode.addImages(8).map(({ id }) => id);
	const faults: FileFault[] = [
		{ status: 404 },
		{ status: 503, headers: { 'retry-after': '1' } },
		{ status: 429 },
		{ cut: 'body' },
	];
	faults.forEach((fault, index) => deepMode.fault(String(ids[index]), { ...fault, on: 'file' }));

	const { result } = await onMovedClock(async () => await download(ids, 'upscale'));

	expect(result.outputs[0]?.map(({ binary }) => binary?.data?.mimeType)).toEqual(
		Array(8).fill('image/jpeg'),
	);
	expect(deepMode.spent).toBe(24);
});

it('a compressed file that ends too early is tried again', async () => {
	const packed = gzipSync(Buffer.alloc(100_000, 'picture'));
	const host = await startHttpServer((request, response) => {
		response.writeHead(200, {
			'content-type': 'image/jpeg',
			'content-encoding': 'gzip',
			'content-length': packed.length,
		});
		if (host.requests.length > 1) response.end(packed);
		else response.write(packed.subarray(0, 50), () => request.socket.destroy());
	});
	deepMode.fault('q1', {
		on: 'retrieve',
		status: 200,
		body: { id: 'q1', upscaled: true, image_url: host.url },
	});

	// The moved clock does not wait for what is unpacked in another thread.
	const result = await download(['q1']);
	host.close();

	const { data = '' } = result.outputs[0]?.[0]?.binary?.data ?? {};
	expect(Buffer.byteLength(data, 'base64')).toBe(100_000);
});

const looks = () => deepMode.requests.filter(({ method }) => method === 'GET').length;

async function download(ids: string[], operation = 'get'): Promise<Execution> {
	return await execute(
		{ apiKey: deepMode.apiKey, baseUrl: deepMode.url },
		ids.map((id) => ({ id })),
		{ parameters: { operation, download: true } as INode['parameters'] },
	);
}

/** The file comes in the end, byte for byte. */
async function expectPicture(fault?: FileFault, fields: object = {}) {
	const { id } = deepMode.addImage(fields);
	if (fault) deepMode.fault(id, { ...fault, on: 'file' });
	const { result, passed } = await onMovedClock(async () => await download([id]));
	const { json, binary } = result.outputs[0]?.[0] ?? { json: {} as IDataObject };
	expect(result.error).toBeUndefined();
	expect(binary?.data?.data).toBe((await deepMode.picture(id)).toString('base64'));
	return { passed, file: binary?.data, json };
}

/** The file is given up after so many requests, and the image is not lost. */
async function expectNone(fault: FileFault, requests: number, words: string): Promise<void> {
	const { id } = deepMode.addImage();
	deepMode.fault(id, { ...fault, on: 'file' });
	const before = deepMode.fileRequests.length;
	const { result } = await onMovedClock(async () => await download([id]));
	expect(result.error?.message).toContain(`The file of image "${id}" could not be downloaded: `);
	expect(result.error?.message).toContain(words);
	expect(result.error?.description).toContain('downloads it again for free');
	expect(deepMode.fileRequests.length - before).toBe(requests);
	deepMode.clearFaults();
}
