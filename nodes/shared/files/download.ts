import type {
	IBinaryData,
	IExecuteFunctions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';

import type { DeepModeImage } from '../api/image';
import type { ImageReader } from '../api/imageReader';
import { retryAfterOf } from '../api/retryAfter';
import { delay } from '../delay';
import { shorten } from '../text';
import { within } from '../within';
import { describeFile } from './fileNames';
import { FinalProblem } from './finalProblem';
import { limitSize, readMaxFileSize } from './maxFileSize';
import { openPicture } from './openPicture';

/** Whose n8n helpers download and store files. */
export type FileContext = IExecuteFunctions | IWebhookFunctions;

/** The file of an image, with the image as it is now. */
export type Download =
	| { image: DeepModeImage; binary: IBinaryData }
	/** Why there is no file, to follow after "the file could not be downloaded: ". */
	| { problem: string };

/** What came of one try. */
type Try = { binary: IBinaryData } | Failed;

interface Failed {
	problem: string;
	/** Whether another try may bring the file. */
	isPassing: boolean;
	/** Whether another try needs another URL. */
	isRefused?: boolean;
	/** How long the host asks to wait, in milliseconds. */
	retryAfter?: number;
}

type ReadableBody = NodeJS.ReadableStream & { destroy: () => void };

/** Pauses between tries, in milliseconds: an image that is paid is worth some patience. */
const PAUSES = [1000, 2000, 4000, 8000];

/** A file that is not there yet, or a host that cannot give it now; besides 5xx. */
const PASSING = [404, 408, 425, 429];

/**
 * Streams the file of an image into n8n's binary data, and tries again what may pass. Where the host
 * refuses the URL, the image is retrieved for a fresh one: the old one may have expired. A fresh one
 * can be good from a moment in the future, so there is a pause before it is used.
 *
 * @param deadline milliseconds since 1970
 */
export async function downloadImage(
	context: FileContext,
	reader: ImageReader,
	image: DeepModeImage,
	deadline: number,
): Promise<Download> {
	const { stop } = reader;
	let current = image;
	for (let tries = 0; ; tries += 1) {
		const tried = await fetchFile(context, current, reader, deadline);
		if ('binary' in tried) return { image: current, binary: tried.binary };
		const pause = PAUSES[tries];
		if (!tried.isPassing || pause === undefined || stop?.aborted) return tried;
		const wait = tried.retryAfter ?? pause;
		if (Date.now() + wait >= deadline) return tried;
		if (tried.isRefused) {
			const outcome = await reader.lookUntilAnswered(String(image.id), deadline);
			if (outcome?.is !== 'image') {
				return { problem: `${tried.problem}, and DeepMode gave no fresh one` };
			}
			current = outcome.image;
		}
		await delay(wait, stop);
	}
}

async function fetchFile(
	context: FileContext,
	image: DeepModeImage,
	{ stop, isLocal }: ImageReader,
	deadline: number,
): Promise<Try> {
	const timeout = deadline - Date.now();
	if (timeout <= 0) return final('the timeout was over');
	if (!URL.canParse(image.image_url)) return final('its URL is no URL');
	try {
		return await within(timeout, stop, async (signal) => {
			const response = await openPicture(context, image.image_url, !isLocal, signal);
			const body = response.body as unknown as ReadableBody;
			try {
				return judge(response) ?? (await store(context, image, response));
			} finally {
				body.destroy();
			}
		});
	} catch (error) {
		if (Date.now() >= deadline) return final('the timeout was over');
		if (error instanceof FinalProblem) return final(error.message);
		const { message, code } = error as Error & { code?: string };
		return { problem: shorten(message || code || 'there was no answer', 200), isPassing: true };
	}
}

/** @returns nothing if the answer is a picture */
function judge({ statusCode, headers }: IN8nHttpFullResponse): Failed | undefined {
	if (statusCode === 403) {
		return { problem: 'the image host refuses its URL', isPassing: true, isRefused: true };
	}
	if (statusCode !== 200) {
		return {
			problem: `the image host answered with status ${statusCode}`,
			isPassing: statusCode >= 500 || PASSING.includes(statusCode),
			retryAfter: retryAfterOf(headers),
		};
	}
	const type = String(headers['content-type'] ?? '');
	return /^text\/|[/+](json|xml)\b/i.test(type)
		? final(`the image host sent no picture but ${type}`)
		: undefined;
}

/** A transfer that is cut throws: below this it is known how much is to come. */
async function store(
	context: FileContext,
	image: DeepModeImage,
	{ body, headers }: IN8nHttpFullResponse,
): Promise<Try> {
	const { fileName, mimeType } = describeFile(image, String(headers['content-type'] ?? ''));
	const limited = limitSize(
		body as unknown as ReadableBody,
		Number(headers['content-length'] ?? 0),
		readMaxFileSize(context),
	);
	const binary = await context.helpers.prepareBinaryData(
		limited as Parameters<typeof context.helpers.prepareBinaryData>[0],
		fileName,
		mimeType,
	);
	return (await isEmpty(context, binary))
		? { problem: 'the file is empty', isPassing: true }
		: { binary };
}

/** n8n tells it since 2.0; before, a file in memory is `data` itself, and others have an `id`. */
async function isEmpty(
	{ helpers }: FileContext,
	{ bytes, id, data }: IBinaryData,
): Promise<boolean> {
	if (bytes !== undefined) return bytes === 0;
	return id === undefined ? data === '' : (await helpers.getBinaryMetadata(id)).fileSize === 0;
}

function final(problem: string): Failed {
	return { problem, isPassing: false };
}
