import type {
	IBinaryData,
	IExecuteFunctions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';

import type { DeepModeImage } from '../api/image';
import type { ImageReader } from '../api/imageReader';
import { shorten } from '../text';
import { limitSize, readMaxFileSize } from './maxFileSize';
import { openPicture } from './openPicture';

/** Whose n8n helpers download and store files. */
export type FileContext = IExecuteFunctions | IWebhookFunctions;

/** The file of an image, with the image as it is now. */
export type Download =
	| { image: DeepModeImage; binary: IBinaryData }
	/** Why there is no file, to follow after "the file could not be downloaded: ". */
	| { problem: string };

type ReadableBody = NodeJS.ReadableStream & { destroy: () => void };

const TYPES: Record<string, string> = {
	avif: 'image/avif',
	gif: 'image/gif',
	jpeg: 'image/jpeg',
	jpg: 'image/jpeg',
	png: 'image/png',
	tif: 'image/tiff',
	tiff: 'image/tiff',
	webp: 'image/webp',
};

/**
 * Streams the file of an image into n8n's binary data. If its URL has expired, the image is
 * retrieved once for a fresh one.
 *
 * @param deadline milliseconds since 1970
 */
export async function downloadImage(
	context: FileContext,
	reader: ImageReader,
	image: DeepModeImage,
	deadline: number,
): Promise<Download> {
	const download = await fetchFile(context, image, reader, deadline);
	if (!('isExpired' in download)) return download;
	const outcome = await reader.lookUntilAnswered(String(image.id), deadline);
	if (outcome?.is !== 'image')
		return { problem: 'its URL has expired, and no fresh one was given' };
	const again = await fetchFile(context, outcome.image, reader, deadline);
	return 'isExpired' in again
		? { problem: 'the image host refuses it, with a fresh URL too' }
		: again;
}

async function fetchFile(
	context: FileContext,
	image: DeepModeImage,
	{ stop, isLocal }: ImageReader,
	deadline: number,
): Promise<Download | { isExpired: true }> {
	const timeout = deadline - Date.now();
	if (timeout <= 0) return { problem: 'the timeout was over' };
	if (!URL.canParse(image.image_url)) return { problem: 'its URL is no URL' };
	const ends = [AbortSignal.timeout(timeout), ...(stop ? [stop] : [])];
	let body: ReadableBody | undefined;
	try {
		const signal = AbortSignal.any(ends);
		const response = await openPicture(context, image.image_url, !isLocal, signal);
		body = response.body as unknown as ReadableBody;
		const problem = problemWith(response);
		if (problem === undefined) return await store(context, image, response);
		body.destroy();
		return response.statusCode === 403 ? { isExpired: true } : { problem };
	} catch (error) {
		body?.destroy();
		const { message } = error as Error;
		return { problem: Date.now() >= deadline ? 'the timeout was over' : shorten(message, 200) };
	}
}

function problemWith({ statusCode, headers }: IN8nHttpFullResponse): string | undefined {
	const type = String(headers['content-type'] ?? '');
	if (statusCode !== 200) return `the image host answered with status ${statusCode}`;
	if (/^text\/|[/+](json|xml)\b/i.test(type)) return `the image host sent no picture but ${type}`;
	return undefined;
}

async function store(
	context: FileContext,
	image: DeepModeImage,
	{ body, headers }: IN8nHttpFullResponse,
): Promise<Download> {
	const fileName = fileNameOf(image);
	const limited = limitSize(
		body as unknown as ReadableBody,
		Number(headers['content-length'] ?? 0),
		readMaxFileSize(context),
	);
	const binary = await context.helpers.prepareBinaryData(
		limited as Parameters<typeof context.helpers.prepareBinaryData>[0],
		fileName,
		typeOf(headers, fileName),
	);
	const bytes = await sizeOf(context, binary);
	if (bytes === 0) return { problem: 'the file is empty' };
	const declared = headers['content-encoding'] ? bytes : Number(headers['content-length'] ?? bytes);
	if (bytes !== declared) {
		return { problem: `the file has ${bytes} bytes, and should have ${declared}` };
	}
	return { image, binary };
}

/** n8n tells it since 2.0; before, a file in memory is `data` itself, and others have an `id`. */
async function sizeOf({ helpers }: FileContext, { bytes, id, data }: IBinaryData): Promise<number> {
	if (bytes !== undefined) return bytes;
	if (id === undefined) return Buffer.byteLength(data, 'base64');
	return (await helpers.getBinaryMetadata(id)).fileSize;
}

/** The last part of its path, without what no file system takes. */
function fileNameOf({ file_name: given, id }: DeepModeImage): string {
	const name = typeof given === 'string' ? (given.split(/[\\/]/).at(-1) ?? '') : '';
	return name.replace(/\p{Cc}/gu, '').slice(-200) || `${id}.jpeg`;
}

function typeOf(headers: IN8nHttpFullResponse['headers'], fileName: string): string {
	const [declared = ''] = String(headers['content-type'] ?? '').split(';');
	const type = declared.trim().toLowerCase();
	if (type.startsWith('image/')) return type;
	const extension = fileName.split('.').at(-1)?.toLowerCase() ?? '';
	return TYPES[extension] ?? 'application/octet-stream';
}
