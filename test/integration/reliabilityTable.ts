import type { IDataObject } from 'n8n-workflow';

import { readDocument } from '../unit/docs/markdown';

/** What a test saw of one item in one execution. */
export interface Seen {
	/** What came out, if it is no error. */
	item?: IDataObject;
	/** The error's message and its advice, if it is one. */
	words: string;
	hints: string[];
	/** How often its image was submitted, and looked at after the first request for it. */
	submits: number;
	looks: number;
	/** How often its image was charged. */
	charges: number;
	/** How often a connection was tried that was never made, where that can be seen. */
	tries?: number;
}

/** A row of the table in docs/reliability.md: its cells, by column. */
export interface TableRow {
	row: string;
	concluded: string;
	sent: string;
	read: string;
}

export const TABLE: TableRow[] = (
	readDocument('docs/reliability.md').tables.find(
		({ heading }) => heading === 'What is seen, and what follows',
	)?.rows ?? []
)
	.slice(1)
	.map(([row = '', concluded = '', sent = '', read = '']) => ({ row, concluded, sent, read }));

/** Whether an item is as it must be; `all` are those of the row. */
type Check = (seen: Seen, all?: Seen[]) => boolean;

const isImage: Check = ({ item }) => item?.upscaled === true;
const isPaidIfDone: Check = (seen) =>
	isImage(seen) ? seen.charges === 1 : seen.charges === 0 && isFree(seen);
const isSubmitted = (times: number) => (seen: Seen) => seen.submits === times;
const says =
	(...parts: Array<string | RegExp>): Check =>
	({ words }) =>
		parts.every((part) => (typeof part === 'string' ? words.includes(part) : part.test(words)));
const mayBePaid = says('credits may have been spent');
const isFree: Check = (seen) => seen.words !== '' && !mayBePaid(seen);

/** "What we conclude": what it means for money. */
const CONCLUDED: Record<string, Check> = {
	'nothing to do': isSubmitted(0),
	refused: (seen) => seen.charges === 0 && isFree(seen),
	'not accepted': isPaidIfDone,
	'not known': (seen) =>
		isSubmitted(0)(seen) ||
		(isSubmitted(1)(seen) && (isImage(seen) ? seen.charges === 1 : mayBePaid(seen))),
	'not known yet': ({ submits, charges }) => submits === 1 && charges === 1,
	'DeepMode is away': isSubmitted(0),
	'nothing was sent yet': isPaidIfDone,
	'nothing new': isSubmitted(1),
	'it cannot be known': (seen) => isSubmitted(1)(seen) && mayBePaid(seen),
	'it is still not known': (seen) => isSubmitted(1)(seen) && (isImage(seen) || mayBePaid(seen)),
	'the callback may still come': isSubmitted(1),
	'no callback will come': isSubmitted(0),
	'both items want the same': ({ charges }) => charges === 1,
	'only one context can come back': ({ charges }) => charges === 1,
	'what was accepted or finished in an earlier try stays so': ({ charges }) => charges <= 1,
	'what was accepted in an earlier try stays so': ({ charges }) => charges <= 1,
	'the other one has the image in work': ({ charges }) => charges === 1,
	'the image is in work': isSubmitted(0),
	"n8n's database tells what was in work": isSubmitted(0),
	'it may still get done': isSubmitted(0),
	'the user wants no more': ({ submits, charges }) => submits === charges,
};

const sendsNothing: Check = ({ submits, looks }) => submits <= 1 && looks === 0;
const looks: Check = (seen) => seen.submits <= 1 && seen.looks > 0;
const sendsAgain: Check = (seen) => !isImage(seen) || seen.submits === 2;
const triesThrice: Check = ({ submits, tries }) => submits === 0 && tries === 3;

/** "What we send next". How long is looked for: see `PATIENCE`. */
const SENT: Record<string, Check> = {
	nothing: sendsNothing,
	'nothing more': ({ submits, looks }) => submits <= 1 && looks === 1,
	// Of a thousand, those that were in flight when it showed, in two executions.
	'nothing, for no item': ({ submits, looks }, all = []) =>
		submits <= 1 && (looks === 0 || all.filter((one) => one.looks > 0).length <= 20),
	'nothing; redirects are not followed': sendsNothing,
	'looks, until the timeout; no other item': (seen) =>
		seen.submits === 0 ? seen.looks === 0 : looks(seen),
	'looks, until the timeout': looks,
	'looks, for a minute at most': looks,
	'a look each minute, while the answer is waited for': looks,
	'a last look': (seen) => seen.submits === 1 && seen.looks === 1,
	'looks, no submission': ({ submits }) => submits === 1,
	'looks, until it is done': (seen) => seen.submits <= 1 && isImage(seen),
	'looks, within one timeout for all such images': (seen) => seen.submits === 0 && seen.looks > 0,
	"the same, for all items together, after that time; a date is read against the answer's own Date":
		sendsAgain,
	'the same, after 1 s, 2 s, 4 s … with jitter, sooner where the pace is quick; then the others, [at the pace](performance.md#under-a-limit) that DeepMode takes':
		sendsAgain,
	'the same, after that time': sendsAgain,
	'it once': isSubmitted(1),
	'the first': isSubmitted(1),
	'only what was not': ({ submits, charges }) => charges === 0 || submits === 1,
	'the same, three times in all; then nothing, for no item': triesThrice,
	'the same, with growing pauses, for a minute at most': (seen) =>
		isImage(seen) ? seen.submits === 1 : seen.submits === 0,
};

const nothingWasSent = says(/^Nothing was sent/, 'Nothing was charged');
const isUnknown = says(
	/^It is not known whether image ".*" was upscaled: /,
	'credits may have been spent',
	'Get Image',
);
const unreachable = (...cures: string[]) =>
	says(/^Nothing was sent.*cannot be reached/, 'Nothing was charged', ...cures);

/** "What you read": the parts of a cell that stand for one item each. */
const READ: Record<string, Check> = {
	'the image': isImage,
	'the image, and a line that says what was saved': (seen) =>
		isImage(seen) && seen.hints.some((hint) => hint.includes('(3 credits saved)')),
	'the image, as soon as the answer or a look shows it': isImage,
	'the image, with `callback: false`': (seen) => isImage(seen) && seen.item?.callback === false,
	'the image, for both items': isImage,
	'an error for the second': (seen) =>
		isSubmitted(1)(seen) && (!seen.words || seen.words.includes('in this run already')),
	'an item with `accepted: "unknown"`': ({ item }) => item?.accepted === 'unknown',
	'an item with `accepted: "earlier"`': ({ item }) => item?.accepted === 'earlier',
	'DeepMode does not know the image': says(/^DeepMode does not know image/, 'Nothing was charged'),
	'DeepMode refused, with its own words': says(/^DeepMode refused to/, 'DeepMode says: not '),
	'DeepMode refused: it redirected the request': says(/^DeepMode refused to/, 'redirected'),
	'DeepMode does not accept the API key': says(/^DeepMode does not accept the API key/),
	'the account has not enough credits': says(/^The DeepMode account has not enough credits/),
	'not enough credits': says(/^The DeepMode account has not enough credits/),
	'not known': isUnknown,
	'it is not known whether the image was upscaled': isUnknown,
	'nothing was sent': nothingWasSent,
	'nothing was sent, DeepMode cannot be reached': unreachable(),
	'nothing was sent, and what to check': unreachable('Check the Base URL'),
	'nothing was sent, and how n8n learns of the certificate': unreachable('NODE_EXTRA_CA_CERTS'),
	'nothing was sent, and where the login belongs': unreachable('HTTPS_PROXY'),
	'nothing was sent, and how n8n allows it': unreachable('N8N_SSRF_ALLOWED_HOSTNAMES'),
	'it has been in work by an earlier run, and since when': says(
		/has been in work for less than a minute by an earlier run, and is not done/,
		'Nothing was charged',
	),
	'what the earlier try got, for these items': (seen) =>
		isImage(seen) || !seen.words || seen.words.includes('no-such-image'),
	'what n8n shows for a stopped execution': ({ item }) => item === undefined,
};

/** How a cell of the last column lists what may come out. */
const OR = /, or: |; if [^:]+: | if it is upscaled by then, else: |; for the others: /;

/** The row that another one's cell refers to, and which shows all that may come out. */
const AS_FOR: Record<string, string> = {
	'as for 429': '429 with Retry-After',
	'as for a connection that is refused': 'A connection that is refused',
};

/** Each item did what its row says, and everything that the row says was seen. */
export function expectRow({ concluded, sent, read }: TableRow, seen: Seen[]): void {
	const shown = TABLE.find(({ row }) => row === AS_FOR[read]);
	const parts = (shown ?? { read }).read.split(OR);
	const conclusion = concluded.split(/[,;:]/)[0] ?? '';
	const concludedSo = CONCLUDED[conclusion];
	const sentSo = SENT[sent];
	expect({
		concluded: typeof concludedSo,
		sent: typeof sentSo,
		read: parts.map((part) => typeof READ[part]),
	}).toEqual({ concluded: 'function', sent: 'function', read: parts.map(() => 'function') });
	expect(seen).not.toEqual([]);
	expect(seen.filter((one) => !concludedSo?.(one, seen))).toEqual([]);
	expect(seen.filter((one) => !sentSo?.(one, seen))).toEqual([]);
	expect(seen.filter((one) => !parts.some((part) => READ[part]?.(one, seen)))).toEqual([]);
	if (shown) return;
	expect(parts.filter((part) => !seen.some((one) => READ[part]?.(one, seen)))).toEqual([]);
}

/** How long is looked for what is not known, in milliseconds, with a timeout of five minutes. */
export const PATIENCE: Record<string, [from: number, to: number]> = {
	'looks, until the timeout': [240_000, 301_000],
	'looks, for a minute at most': [30_000, 75_000],
};
