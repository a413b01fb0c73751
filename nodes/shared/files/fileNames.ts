import type { DeepModeImage } from '../api/image';

/** The registered types of pictures, by extension; the first of a type is its own. */
const TYPES = new Map([
	['avif', 'image/avif'],
	['bmp', 'image/bmp'],
	['gif', 'image/gif'],
	['heic', 'image/heic'],
	['jpeg', 'image/jpeg'],
	['jpg', 'image/jpeg'],
	['png', 'image/png'],
	['tiff', 'image/tiff'],
	['tif', 'image/tiff'],
	['webp', 'image/webp'],
]);

/** What hosts write for some of them. */
const ALIASES: Record<string, string> = {
	'image/jpg': 'image/jpeg',
	'image/pjpeg': 'image/jpeg',
	'image/tif': 'image/tiff',
	'image/x-ms-bmp': 'image/bmp',
	'image/x-png': 'image/png',
};

/**
 * How a picture's file is called in n8n, and of which type it is. The extension agrees with the
 * type.
 *
 * @param declared the host's Content-Type
 */
export function describeFile(
	image: DeepModeImage,
	declared: string,
): { fileName: string; mimeType: string } {
	const given = lastPartOf(image.file_name);
	const mimeType = typeOf(declared) ?? TYPES.get(extensionOf(given)) ?? 'application/octet-stream';
	const name = given || lastPartOf(String(image.id)) || 'image';
	return { fileName: withExtension(name, mimeType), mimeType };
}

function typeOf(declared: string): string | undefined {
	const type = (declared.split(';')[0] ?? '').trim().toLowerCase();
	return type.startsWith('image/') ? (ALIASES[type] ?? type) : undefined;
}

function withExtension(name: string, mimeType: string): string {
	const [own] = [...TYPES].find(([, type]) => type === mimeType) ?? [];
	const extension = extensionOf(name);
	if (own === undefined || TYPES.get(extension) === mimeType) return name;
	// "v2" in "lake.v2" is no extension of a picture.
	const stem = TYPES.has(extension) ? name.slice(0, -extension.length - 1) : name;
	return `${stem}.${own}`;
}

function extensionOf(name: string): string {
	return name.includes('.') ? (name.split('.').at(-1) ?? '').toLowerCase() : '';
}

/** The most that a name may take, in bytes; file systems take 255, and an extension may be added. */
const LONGEST_NAME = 200;

/** Without what no file system takes. @returns "" for what names a folder, such as ".." */
function lastPartOf(path: unknown): string {
	const last = typeof path === 'string' ? (path.split(/[\\/]/).at(-1) ?? '') : '';
	// As bytes and back, half a character, which no URL can hold, is replaced.
	const name = Buffer.from(last.replace(/\p{Cc}/gu, ''))
		.subarray(-LONGEST_NAME)
		.toString();
	return /^\.+$/.test(name) ? '' : name;
}
