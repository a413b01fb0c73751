import type { IDataObject, IExecuteFunctions, INode } from 'n8n-workflow';

import { Memory } from '../../nodes/DeepMode/run/memory';

interface Try extends Partial<Pick<INode, 'id' | 'type' | 'retryOnFail'>> {
	executionId?: string;
	/** Which round of a loop it is; of a tool, which call or try. */
	runIndex?: number;
}

const TOOL = { type: 'n8n-nodes-deepmode.deepModeTool' };
const CUT = { seen: 'socket hang up', isBrief: false };
const IMAGE = { id: 'a', upscaled: true, image_url: 'https://images.example.com/a' };

/** What n8n keeps for the node, as it stores it. */
let kept: IDataObject;

beforeEach(() => {
	kept = {};
});

/** What the node knows when n8n runs it: a try of Retry On Fail, unless the execution is another. */
function nextTry({
	executionId = '1',
	runIndex = 0,
	id = 'node',
	type = 'n8n-nodes-deepmode.deepMode',
	retryOnFail = true,
}: Try = {}): Memory {
	kept = JSON.parse(JSON.stringify(kept)) as IDataObject;
	const context: Partial<IExecuteFunctions> = {
		getExecutionId: () => executionId,
		getNode: () => ({ id, type, retryOnFail }) as INode,
		getContext: () => kept,
		evaluateExpression: () => runIndex,
	};
	return new Memory(context as IExecuteFunctions);
}

describe('the next try', () => {
	it('knows what came out, and that it is not open any more', () => {
		const first = nextTry();
		first.submitting(0, 'a');
		first.finish(0, 'a', [IMAGE]);

		const second = nextTry();

		expect(second.finished(0, 'a')).toEqual([IMAGE]);
		expect(second.open(0, 'a')).toBeUndefined();
	});

	it.each<[string, Try, number, string]>([
		['another item', {}, 1, 'a'],
		['the same item, with another request', {}, 0, 'b'],
		['another round of a loop', { runIndex: 1 }, 0, 'a'],
	])('knows nothing of %s', (_, next, itemIndex, request) => {
		const first = nextTry();
		first.finish(0, 'a', [IMAGE]);
		first.unanswered(1, 'b', CUT);

		const second = nextTry(next);

		expect(second.finished(itemIndex, request)).toBeUndefined();
		expect(second.open(itemIndex, request)).toBeUndefined();
	});

	it('takes what was being submitted for open, with what was seen if anything was', () => {
		const first = nextTry();
		first.submitting(0, 'a');
		first.submitting(1, 'b');
		first.unanswered(1, 'b', { seen: 'status 502', isBrief: true });

		const second = nextTry();

		expect(second.open(0, 'a')).toEqual({ seen: expect.any(String), isBrief: false });
		expect(second.open(1, 'b')).toEqual({ seen: 'status 502', isBrief: true });
		expect(second.finished(0, 'a')).toBeUndefined();
	});

	it('may submit what was not accepted', () => {
		const first = nextTry();
		first.submitting(0, 'a');
		first.notAccepted(0, 'a');

		expect(nextTry().open(0, 'a')).toBeUndefined();
	});
});

describe('the execution that is retried by hand', () => {
	it('is known as an earlier one, and not as a try of this one', () => {
		const first = nextTry();
		first.finish(0, 'a', [IMAGE]);
		first.unanswered(1, 'b', CUT);

		const retried = nextTry({ executionId: '2' });

		expect(retried.finishedEarlier(0, 'a')).toEqual([IMAGE]);
		expect(retried.openEarlier(1, 'b')).toEqual(CUT);
		expect(retried.finished(0, 'a')).toBeUndefined();
		expect(retried.open(1, 'b')).toBeUndefined();
	});

	it('is no earlier one of its own tries', () => {
		nextTry().finish(0, 'a', [IMAGE]);

		expect(nextTry().finishedEarlier(0, 'a')).toBeUndefined();
	});

	it('counts only for an item that still asks for the same', () => {
		nextTry().finish(0, '', [IMAGE], 'a lake');

		const retried = nextTry({ executionId: '2' });

		expect(retried.finishedEarlier(0, '', 'a lake')).toEqual([IMAGE]);
		expect(retried.finishedEarlier(0, '', 'a mountain')).toBeUndefined();
		expect(retried.finishedEarlier(0, '')).toBeUndefined();
	});
});

describe('a tool', () => {
	it('knows an open request by what is asked for, in whichever try', () => {
		nextTry(TOOL).unanswered(0, 'a', CUT);

		const second = nextTry({ ...TOOL, runIndex: 1 });

		expect(second.open(0, 'a')).toEqual(CUT);
		expect(second.open(0, 'b')).toBeUndefined();
	});

	it('is asked anew for what has come out', () => {
		nextTry(TOOL).finish(0, 'a', [IMAGE]);

		expect(nextTry({ ...TOOL, runIndex: 1 }).finished(0, 'a')).toBeUndefined();
	});
});

describe('the count of credits', () => {
	it('goes over all tries, rounds of a loop and calls of a tool in an execution', () => {
		nextTry().credits += 3;
		nextTry({ runIndex: 1 }).credits += 3;

		expect(nextTry(TOOL).credits).toBe(6);
	});

	it('begins anew with each execution', () => {
		nextTry().credits += 3;

		expect(nextTry({ executionId: '2' }).credits).toBe(0);
	});
});

describe('what is kept', () => {
	const items = [IMAGE, { ...IMAGE, id: 'b' }];

	it('is the whole result with Retry On Fail, the IDs without it', () => {
		nextTry({ retryOnFail: true }).finish(0, 'a', items);
		nextTry({ retryOnFail: false }).finish(1, 'a', items);

		const next = nextTry();

		expect(next.finished(0, 'a')).toEqual(items);
		expect(next.finished(1, 'a')).toEqual([{ id: 'a' }, { id: 'b' }]);
	});
});

describe('the owner of a submission', () => {
	it('is the same in every try', () => {
		expect(nextTry().owner(0, 'a')).toBe(nextTry().owner(0, 'a'));
	});

	it.each<[string, Try, number]>([
		['execution', { executionId: '2' }, 0],
		['node', { id: 'another' }, 0],
		['round of a loop', { runIndex: 1 }, 0],
		['item', {}, 1],
	])('is another in another %s', (_, other, itemIndex) => {
		expect(nextTry(other).owner(itemIndex, 'a')).not.toBe(nextTry().owner(0, 'a'));
	});

	it('is the same in every try of a tool, by what is asked for', () => {
		const owner = (runIndex: number, request: string) =>
			nextTry({ ...TOOL, runIndex }).owner(0, request);

		expect(owner(1, 'a')).toBe(owner(0, 'a'));
		expect(owner(0, 'b')).not.toBe(owner(0, 'a'));
	});

	it('is another for each call of a tool once what it asks for has come out', () => {
		const owners = [0, 1, 2].map((runIndex) => {
			const call = nextTry({ ...TOOL, runIndex });
			const owner = call.owner(0, 'a');
			call.submitting(0, 'a');
			const again = nextTry({ ...TOOL, runIndex: runIndex + 100 });
			expect(again.owner(0, 'a')).toBe(owner);
			again.finish(0, 'a', [IMAGE]);
			return owner;
		});

		expect(new Set(owners).size).toBe(3);
	});
});
