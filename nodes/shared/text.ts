/** Cuts a text that is too long to be read, between characters. */
export function shorten(text: string, length: number): string {
	const characters = Array.from(text.slice(0, length * 2 + 1));
	return characters.length > length ? `${characters.slice(0, length).join('')}…` : text;
}

/** A value of any kind, as a message can show it. */
export function display(value: unknown): string {
	return shorten(JSON.stringify(value) ?? String(value), 60);
}

/** How an image is called in messages. */
export function imageName(imageId: string): string {
	return `image "${shorten(imageId, 60)}"`;
}
