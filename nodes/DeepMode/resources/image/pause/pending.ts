import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

/**
 * Stands for an image that DeepMode works on, and comes out if the time is over first: it is not
 * known to be finished.
 */
export function pendingItem(imageId: string): IDataObject {
	return { id: imageId, upscaled: false, timed_out: true };
}

export function isPending({ json }: INodeExecutionData): boolean {
	return json.timed_out === true;
}

/** The images that items wait for, each once. */
export function pendingIds(items: INodeExecutionData[]): string[] {
	return [...new Set(items.filter(isPending).map(({ json }) => String(json.id)))];
}
