import type { IDataObject } from 'n8n-workflow';

/**
 * Whether an answer that HTTP calls a success says by a field of its own that it failed, as APIs do
 * that always answer 200. Words alone say nothing: "0 credits left" can stand in an acceptance.
 *
 * @returns the status that it names, if it names one; nothing if it does not say no
 */
export function saysNo(body: IDataObject): { status?: number } | undefined {
	const { code, status, statusCode, success, ok, error, errors } = body;
	const named = [code, status, statusCode].map(toText).find((text) => /^[45]\d\d$/.test(text));
	if (named !== undefined) return { status: Number(named) };
	const isNo =
		[success, ok].map(toText).includes('false') ||
		['error', 'failed'].includes(toText(status).toLowerCase()) ||
		!isEmpty(error) ||
		!isEmpty(errors);
	return isNo ? {} : undefined;
}

/** An object from somebody else's JSON cannot always be made a text. */
function toText(value: unknown): string {
	return typeof value === 'object' ? '' : String(value);
}

function isEmpty(value: unknown): boolean {
	if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
	return !value || value === 'false';
}
