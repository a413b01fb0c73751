import { describeFile } from '../../nodes/shared/files/fileNames';

const nameOf = (names: { file_name?: string; id?: string }, type = 'image/jpeg') =>
	describeFile({ id: 'a', image_url: 'https://images.example.com/a', ...names }, type).fileName;

it.each([
	['../../etc/cron.jpeg', 'cron.jpeg'],
	['C:\\pictures\\lake.jpeg', 'lake.jpeg'],
	['la\u0000ke.jpeg', 'lake.jpeg'],
])('the file name %j is %s in n8n', (file_name, name) => {
	expect(nameOf({ file_name })).toBe(name);
});

it.each(['', '.', '..', 'pictures/..', '..\u0000'])(
	'the file name %j is none: the ID takes its place',
	(file_name) => {
		expect(nameOf({ file_name })).toBe('a.jpeg');
		expect(nameOf({ file_name }, 'application/octet-stream')).toBe('a');
	},
);

it.each([
	['../../etc/cron', 'cron.jpeg'],
	['..\\..\\cron', 'cron.jpeg'],
	['..', 'image.jpeg'],
	['a/', 'image.jpeg'],
])('without a file name, the ID %j makes %s', (id, name) => {
	expect(nameOf({ id })).toBe(name);
});
