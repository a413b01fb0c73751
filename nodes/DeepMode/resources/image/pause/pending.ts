import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

/**
 * Stands for an image that DeepMode works on, as n8n stores it with a parked execution. It comes
 * out if the time is over first: the image is not known to be finished.
 */
export function pendingItem(imageId: string): IDataObject {
	return { id: imageId, upscaled: false, timed_out: true };
}

/** What others see of it while the execution is parked, e.g. a caller who waits for the last node. */
export function inWorkItem(imageId: string): IDataObject {
	return { id: imageId, upscaled: false, in_work: true };
}

export function isPending({ json }: INodeExecutionData): boolean {
	return json.timed_out === true;
}

/** The images that items wait for, each once. */
export function pendingIds(items: INodeExecutionData[]): string[] {
	return [...new Set(items.filter(isPending).map(({ json }) => String(json.id)))];
}
