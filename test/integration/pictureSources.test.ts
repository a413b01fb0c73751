import { execute } from './engine';
import type { HttpServer } from '../shared/httpServer';
import { startHttpServer } from '../shared/httpServer';
import type { Internet } from './internet';
import { startInternet } from './internet';

const GIGABYTE = 1_000_000_000;

let internet: Internet;
let inside: HttpServer;
/** Where the API says that the picture is. */
let imageUrl: string;
/** What the host of pictures answers. */
let answer: { status?: number; headers?: Record<string, string | number>; body?: Buffer[] };

beforeAll(async () => {
	inside = await startHttpServer((_, response) => response.end('a secret'));
	internet = await startInternet(
		{
			'api.example.com': (_, response) => {
				response.setHeader('content-type', 'application/json');
				response.end(JSON.stringify({ id: 'a', upscaled: true, image_url: imageUrl }));
			},
			'pictures.example.com': (request, response) => {
				const { status = 200, headers = {}, body = [Buffer.from('picture')] } = answer;
				const isMoved = request.url?.startsWith('/moved');
				response.writeHead(isMoved ? 200 : status, {
					'content-type': 'image/jpeg',
					...(isMoved ? {} : headers),
				});
				for (const chunk of body) response.write(chunk);
				response.end();
			},
			'rebinding.example.com': (_, response) => void response.end('a secret'),
			'unlisted.example.com': (_, response) => void response.end('picture'),
		},
		{ 'rebinding.example.com': '10.0.0.8', 'unlisted.example.com': '' },
	);
});

afterAll(() => {
	internet.close();
	inside.close();
});

beforeEach(() => {
	internet.requests.length = 0;
	inside.requests.length = 0;
	imageUrl = `https://pictures.example.com:${internet.port}/a.jpeg?sig=%3D`;
	answer = {};
});

const download = async (options = {}) => {
	const credentials = {
		apiKey: 'dm_key_of_the_account',
		baseUrl: `https://api.example.com:${internet.port}`,
	};
	const parameters = { operation: 'get', imageId: 'a', download: true, options };
	const { outputs, error } = await execute(credentials, [{}], { parameters });
	return { file: outputs[0]?.[0]?.binary?.data, problem: error?.message };
};
const fromPictures = () => internet.requests.filter((request) => !request.startsWith('api'));

it('come from a host on the internet', async () => {
	expect((await download()).file?.bytes).toBe(7);
	expect(fromPictures()).toEqual(['pictures.example.com/a.jpeg?sig=%3D']);
});

it('come from where that host redirects to', async () => {
	answer = { status: 302, headers: { location: '/moved?sig=1' } };

	expect((await download()).file?.bytes).toBe(7);
	expect(fromPictures().at(-1)).toBe('pictures.example.com/moved?sig=1');
});

it('come from a host whose name only a proxy can look up', async () => {
	imageUrl = `https://unlisted.example.com:${internet.port}/a.jpeg`;

	expect((await download()).file?.bytes).toBe(7);
	expect(fromPictures()).toEqual(['unlisted.example.com/a.jpeg']);
});

const ELSEWHERE: Array<[string, () => string, RegExp]> = [
	['http', () => 'http://pictures.example.com/', /no https URL/],
	['this machine', () => inside.url.replace('http', 'https'), /private network/],
	['the metadata of a cloud', () => 'https://169.254.169.254/latest', /private network/],
	['a mapped address', () => 'https://[::ffff:127.0.0.1]/', /private network/],
	['a file', () => 'file:///etc/passwd', /no https URL/],
	[
		'a name that leads into a private network',
		() => `https://rebinding.example.com:${internet.port}/`,
		/N8N_SSRF_ALLOWED_HOSTNAMES/,
	],
];

it.each(ELSEWHERE)('do not come from %s', async (_, address, words) => {
	imageUrl = address();

	expect((await download()).problem).toMatch(words);
	expect([...fromPictures(), ...inside.requests]).toEqual([]);
});

it.each(ELSEWHERE)('do not come by a redirect to %s', async (_, address, words) => {
	answer = { status: 302, headers: { location: address() } };

	expect((await download()).problem).toMatch(words);
	expect(fromPictures()).toHaveLength(1);
	expect(inside.requests).toEqual([]);
});

it.each([
	['for ever', '/a.jpeg', /more than 5 times/],
	['to what is no URL', 'https://:0:0/', /no URL/],
])('do not come by redirects that lead %s', async (_, location, words) => {
	answer = { status: 302, headers: { location } };

	expect((await download()).problem).toMatch(words);
	expect(fromPictures().length).toBeLessThanOrEqual(6);
});

describe('that are too large', () => {
	const chunk = Buffer.alloc(100_000);

	it('are not read when the host says so: 2 GB', async () => {
		answer = { headers: { 'content-length': 2 * GIGABYTE }, body: [chunk] };

		expect((await download()).problem).toContain('more than 200 MB (Max File Size');
	});

	it('are given up when the host does not say so', async () => {
		answer = { body: Array.from({ length: 30 }, () => chunk) };

		const { problem, file } = await download({ maxFileSize: 2 });

		expect(problem).toContain('more than 2 MB (Max File Size');
		expect(file).toBeUndefined();
		expect((await download({ maxFileSize: 3 })).file?.bytes).toBe(3_000_000);
	});

	it.each([0, 10_001, 'x'])('a limit of %s is refused before anything is sent', async (limit) => {
		expect((await download({ maxFileSize: limit })).problem).toContain('Max File Size must be');
		expect(internet.requests).toEqual([]);
	});
});
