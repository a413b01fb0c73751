import { apiMessage } from '../../nodes/shared/api/apiMessage';

it.each([
	['message', { message: 'Image not found' }, 'Image not found'],
	['detail', { detail: 'Image not found' }, 'Image not found'],
	[
		'a list of details',
		{ detail: [{ loc: ['body', 'image_id'], msg: 'field required' }, { msg: 'too long' }] },
		'body.image_id: field required; too long',
	],
	['error', { error: 'No credits' }, 'No credits'],
	['an error object', { error: { message: 'No credits', code: 7 } }, 'No credits'],
	['an empty message beside a detail', { message: '', detail: 'Gone' }, 'Gone'],
	['a text', 'upstream timed out', 'upstream timed out'],
	[
		'a page',
		'<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body>\n<p>nginx</p></body></html>',
		'502 Bad Gateway nginx',
	],
	['nothing', undefined, ''],
	['null', null, ''],
	['an object without words', { code: 7 }, ''],
	['an empty list', [], ''],
])('finds %s', (_, body, message) => {
	expect(apiMessage(body)).toBe(message);
});

it('is short enough to be read', () => {
	expect(apiMessage('😀'.repeat(1000))).toBe(`${'😀'.repeat(300)}…`);
});
