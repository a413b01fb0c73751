import { saysNoCredits } from '../../nodes/shared/api/saysNoCredits';

it.each([
	'Insufficient credits',
	'insufficient_credits',
	'INSUFFICIENT_CREDITS',
	'Insufficient funds',
	'Not enough credits to upscale',
	"You don't have enough credits",
	'You do not have enough credits left',
	'Out of credits',
	'You have 0 credits left',
	'No credits left',
	'Your credit balance is exhausted',
	'Your balance is too low',
])('"%s" says that there are no credits', (words) => {
	expect(saysNoCredits(400, words)).toBe(true);
});

it.each([
	'No credits were charged',
	'No credit has been charged',
	'This image cannot be upscaled; your balance was not charged',
	'not-a-valid id; credits: https://example.com',
	'Image credits are required in the prompt',
	'too many requests',
	'',
])('"%s" does not', (words) => {
	expect(saysNoCredits(400, words)).toBe(false);
});

it('402 says it without words, 404 and 422 never do', () => {
	expect(saysNoCredits(402, '')).toBe(true);
	expect(saysNoCredits(404, 'Insufficient credits')).toBe(false);
	expect(saysNoCredits(422, 'Insufficient credits')).toBe(false);
});
