import { describe } from '../describe';
import {
	endsBatch,
	isUpscaled,
	judgeBalance,
	judgeGeneration,
	judgeLook,
	judgeUpscale,
} from '../package';
import type { Question, Session } from '../question';
import { asAssumed, differs, takenFor, undecided, wrongly, type Finding } from '../verdict';
import { balanceOf, judged, refusal, submissionRefusal } from './judged';

const NOBODYS_ID = 'ffffffffffffffffffffff';
const NOBODYS_KEY = 'nobodys-key-for-a-question';

const IMAGE_FIELDS = [
	'id',
	'file_name',
	'model_id',
	'image_url',
	'prompt',
	'negative_prompt',
	'upscaled',
	'ratio',
];

/** What costs nothing to ask, in the order in which it is asked. */
export const FREE: Question[] = [
	{
		asks: 'What does the balance look like?',
		assumes: 'a JSON object with the number remaining_balance',
		credits: 0,
		needs: [],
		ask: askBalance,
	},
	{
		asks: 'What does a wrong API key get?',
		assumes: '401',
		credits: 0,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.balance(NOBODYS_KEY);
			const outcome = judgeBalance(exchange.reply);
			if (outcome.is === 'refused' && endsBatch(outcome)) return asAssumed(describe(exchange));
			return judged(exchange, `taken for ${takenFor(outcome)}, so that a batch would go on`);
		},
	},
	{
		asks: 'What does a look at an image get?',
		assumes: 'the image object: its eight fields, with the ID that was asked for',
		credits: 0,
		needs: ['image'],
		ask: askImage,
	},
	{
		asks: 'What does a look at an unknown image get?',
		assumes: '404',
		credits: 0,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.retrieve(NOBODYS_ID);
			return refusal(exchange, judgeLook(exchange.reply), [404]);
		},
	},
	{
		asks: 'What does the file behind image_url look like?',
		assumes: 'a picture, that anybody may fetch for an hour',
		credits: 0,
		needs: ['image'],
		ask: askFile,
	},
	{
		asks: 'What does an upscale of an unknown image get?',
		assumes: '404',
		credits: 0,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.upscale({ image_id: NOBODYS_ID });
			return submissionRefusal(exchange, judgeUpscale(exchange.reply), [404]);
		},
	},
	{
		asks: 'What does an upscale without an image get?',
		assumes: '422 or 400',
		credits: 0,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.upscale({});
			return submissionRefusal(exchange, judgeUpscale(exchange.reply), [400, 422]);
		},
	},
	{
		asks: 'What does a generation without a model and a prompt get?',
		assumes: '422 or 400',
		credits: 0,
		needs: [],
		ask: async ({ api }) => {
			const exchange = await api.generate({});
			return submissionRefusal(exchange, judgeGeneration(exchange.reply), [400, 422]);
		},
	},
	{
		asks: 'Did the free questions cost anything?',
		assumes: 'no',
		credits: 0,
		needs: [],
		ask: async ({ api, balance }) => {
			const after = balanceOf(await api.balance());
			if (balance === undefined || after === undefined) {
				return undecided('nothing', 'the balance could not be read');
			}
			const cost = `${balance - after} credits by the balance`;
			return after === balance
				? asAssumed(cost)
				: wrongly(cost, 'what is refused is said to have cost nothing');
		},
	},
];

async function askBalance(session: Session): Promise<Finding> {
	const exchange = await session.api.balance();
	session.balance = balanceOf(exchange);
	const outcome = judgeBalance(exchange.reply);
	if (outcome.is === 'acknowledged') {
		return typeof outcome.body.remaining_balance === 'number'
			? asAssumed(describe(exchange))
			: differs(describe(exchange), 'it is passed on as it is');
	}
	if (outcome.is === 'refused') return undecided(describe(exchange), 'check DEEPMODE_API_KEY');
	return judged(exchange, `taken for ${takenFor(outcome)}: the credential would not pass its test`);
}

async function askImage(session: Session): Promise<Finding> {
	const exchange = await session.api.retrieve(session.imageId);
	const outcome = judgeLook(exchange.reply);
	if (outcome.is === 'refused') return undecided(describe(exchange), 'check DEEPMODE_IMAGE_ID');
	if (outcome.is !== 'image') return judged(exchange, `taken for ${takenFor(outcome)}`);
	session.image = outcome.image;
	const { image } = outcome;
	const seen = `${describe(exchange)}, ${isUpscaled(image) ? 'upscaled' : 'not upscaled'}`;
	const missing = IMAGE_FIELDS.filter((field) => !(field in image));
	if (String(image.id) !== session.imageId) {
		return differs(seen, 'looks go by the ID that was asked for, and the answer’s own comes out');
	}
	return missing.length === 0
		? asAssumed(seen)
		: differs(seen, `what comes is passed on; ${missing.join(', ')} would be missing`);
}

async function askFile({ api, image }: Session): Promise<Finding> {
	if (image === undefined) return undecided('nothing', 'the image could not be looked at');
	const { isPicture, seen: file } = await api.file(image.image_url);
	const seen = `${file}; ${lifetime(image.image_url)}`;
	return isPicture ? asAssumed(seen) : undecided(seen, 'no picture came');
}

/** From when to when an Azure URL is good, by its own `st` and `se`. */
function lifetime(imageUrl: string): string {
	const query = URL.parse(imageUrl)?.searchParams;
	const [start, end] = ['st', 'se'].map((name) => Date.parse(query?.get(name) ?? ''));
	if (start === undefined || end === undefined || Number.isNaN(start + end)) {
		return 'the URL does not say how long it is good';
	}
	const minutes = Math.round((end - start) / 60_000);
	const ahead = Math.round((start - Date.now()) / 1000);
	return `the URL is good for ${minutes} min${ahead > 1 ? `, from ${ahead} s ahead` : ''}`;
}
