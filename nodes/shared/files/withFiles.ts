import type { IBinaryKeyData } from 'n8n-workflow';

import type { ImageReader } from '../api/imageReader';
import type { DeepModeImage } from '../api/image';
import { inLanes } from '../lanes';
import type { FileContext } from './download';
import { downloadImage } from './download';

/** Where files come from and go to. */
interface FileOptions {
	/** The binary field for files. */
	field: string;
	/** Files downloaded at once. */
	lanes: number;
	/** How long each file may take, in milliseconds; without it, until the deadline. */
	timeout?: number;
	/** Milliseconds since 1970. */
	deadline: number;
}

/** An image with its file beside it, as an item takes it. */
export type ImageWithFile =
	| { json: DeepModeImage; binary: IBinaryKeyData }
	/** Why there is no file, to follow after "the file could not be downloaded: ". */
	| { json: DeepModeImage; problem: string };

/**
 * Downloads the files of images: the one way in which files come beside items, in the node and the
 * trigger. An image whose URL had expired comes back as the API shows it now. This room may use
 * `shared/api`.
 *
 * @returns one for each image, in their order
 */
export async function withFiles(
	context: FileContext,
	reader: ImageReader,
	images: DeepModeImage[],
	{ field, lanes, timeout = Infinity, deadline }: FileOptions,
): Promise<ImageWithFile[]> {
	const results: ImageWithFile[] = [];
	await inLanes([...images.entries()], lanes, async ([index, image]) => {
		const until = Math.min(deadline, Date.now() + timeout);
		const download = await downloadImage(context, reader, image, until);
		results[index] =
			'binary' in download
				? { json: download.image, binary: { [field]: download.binary } }
				: { json: image, problem: download.problem };
	});
	return results;
}
