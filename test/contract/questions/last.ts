import { tellingHeaders } from '../describe';
import type { Question } from '../question';
import { asAssumed, differs, undecided } from '../verdict';

/** What shows in the answers to all other questions. */
export const LAST: Question[] = [
	{
		asks: 'Is there a limit of requests, and what does it say?',
		assumes: '429, with Retry-After in seconds or as a date, or without',
		credits: 0,
		needs: [],
		ask: async ({ api: { exchanges } }) => {
			const answers = exchanges.flatMap(({ reply }) => ('status' in reply ? [reply] : []));
			const headers = new Set(answers.flatMap((answer) => tellingHeaders(answer.headers)));
			const limited = answers.filter(({ status }) => status === 429);
			const seen = [`${limited.length} of ${exchanges.length} got 429`, ...headers].join(', ');
			if (limited.length === 0) return undecided(seen, 'none was reached');
			return limited.every((answer) => answer.headers['retry-after'])
				? asAssumed(seen)
				: differs(seen, 'the package waits from 1 s on, longer each time');
		},
	},
];
