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

it.each(['😀'.repeat(101), '猫'.repeat(300), 'x'.repeat(300), 'a\ud83d'])(
	'a file name from %j is one that a file system takes, and a URL',
	(stem) => {
		const name = nameOf({ file_name: `${stem}.jpeg` });

		expect(Buffer.byteLength(name)).toBeLessThan(256);
		expect(name).toMatch(/.\.jpeg$/u);
		expect(() => encodeURIComponent(name)).not.toThrow();
	},
);

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

it.each(['a.constructor', 'a.__proto__'])('%s says nothing of the type', (file_name) => {
	const { fileName, mimeType } = describeFile(
		{ id: 'a', image_url: 'https://images.example.com/a', file_name },
		'',
	);

	expect({ fileName, mimeType }).toEqual({
		fileName: file_name,
		mimeType: 'application/octet-stream',
	});
	expect(nameOf({ file_name })).toBe(`${file_name}.jpeg`);
});
