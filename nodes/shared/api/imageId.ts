import { display } from '../text';

/** Whether something can be an image ID and a segment of a URL's path. */
export function isImageId(value: unknown): value is string {
	return problemWithImageId(value) === undefined;
}

/**
 * IDs are opaque: anything that can be one segment of a URL's path is one.
 *
 * @returns what is wrong, to follow after "the image ID"; nothing if it can be sent
 */
export function problemWithImageId(value: unknown): string | undefined {
	if (value === undefined || value === null || value === '') return 'is missing';
	if (typeof value !== 'string') return `is no text but ${display(value)}`;
	if (value.trim() === '') return 'is blank';
	// URL parsers take these for "here" and "one up", even when they are encoded.
	if (value === '.' || value === '..') return `cannot be "${value}"`;
	if (/\p{Cc}/u.test(value)) return `${display(value)} has control characters in it`;
	if (/\p{Cs}/u.test(value)) return `${display(value)} has broken characters in it`;
	return undefined;
}
