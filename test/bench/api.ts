import { createServer } from 'node:http';

import { sendPicture } from '../shared/httpServer';

/**
 * A DeepMode API that costs next to nothing itself, in a process of its own: `tsx api.ts`. It prints
 * its port. An ID such as `x-200` takes 200 ms; `GET /stats` tells what was seen since it was last
 * asked; `/file?mb=25` is a file of that size.
 */
let inFlight = 0;
let stats = { most: 0, times: [] as number[] };

const server = createServer(async (request, response) => {
	const url = new URL(request.url ?? '', 'http://api');
	if (url.pathname === '/stats') {
		response.end(JSON.stringify(stats));
		stats = { most: 0, times: [] };
		return;
	}
	if (url.pathname === '/file') {
		return sendPicture(response, Number(url.searchParams.get('mb')) * 1024 * 1024);
	}
	let body = '';
	for await (const part of request) body += String(part);
	const id = body
		? (JSON.parse(body) as { image_id: string }).image_id
		: decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
	inFlight += 1;
	stats.most = Math.max(stats.most, inFlight);
	stats.times.push(Date.now());
	setTimeout(
		() => {
			inFlight -= 1;
			response.setHeader('content-type', 'application/json');
			response.end(
				JSON.stringify({
					id,
					file_name: '120e453f-3a73-4016-ad6a-5cd5e00ddd45.jpeg',
					model_id: 'a9f7e5d1c3a2f91e3d5c6',
					image_url: `http://${request.headers.host}/file?mb=25`,
					prompt: 'A beautiful landscape with mountains and a river.',
					negative_prompt: 'rainy, foggy',
					upscaled: true,
					ratio: 'square',
				}),
			);
		},
		Number(/-(\d+)$/.exec(id)?.[1] ?? 0),
	);
});

server.listen(0, '127.0.0.1', () => {
	process.stdout.write(`${JSON.stringify(server.address())}\n`);
});
process.stdin.resume().on('end', () => process.exit());
