import type { IDataObject, INodeExecutionData, INodeProperties } from 'n8n-workflow';

/** What each image of an ending cost. */
export interface Cost {
	/** Missing where it is not known. */
	credits?: number;
	/** Whether the image was upscaled before its turn came. */
	wasUpscaled: boolean;
}

export const addCostOption: INodeProperties = {
	displayName: 'Add Cost to Output',
	name: 'addCost',
	type: 'boolean',
	noDataExpression: true,
	default: false,
	description:
		'Whether to add to each item what it cost in this execution ("credits"), and if the image was upscaled before its turn came ("was_upscaled")',
};

/**
 * Adds what images cost to their items.
 *
 * @param isFirst whether it is the first item that gets these images: no other has paid for them
 */
export function withCost(
	items: INodeExecutionData[],
	{ credits, wasUpscaled }: Cost,
	isFirst: boolean,
): INodeExecutionData[] {
	const paid = isFirst ? credits : 0;
	const fields = { ...(paid !== undefined && { credits: paid }), was_upscaled: wasUpscaled };
	return items.map((item) => ({ ...item, json: { ...item.json, ...fields } }));
}

/**
 * The fields of an item that tell its cost, if it has them.
 *
 * @param unknown the credits where they were not known yet
 */
export function costFields(
	{ credits, was_upscaled }: IDataObject,
	unknown?: number,
): IDataObject | undefined {
	if (was_upscaled === undefined) return undefined;
	const paid = credits ?? unknown;
	return { ...(paid !== undefined && { credits: paid }), was_upscaled };
}
