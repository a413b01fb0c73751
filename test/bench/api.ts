import { createServer } from 'node:http';

import { sendPicture } from '../shared/httpServer';

/**
 * A DeepMode API that costs next to nothing itself, in a process of its own: `tsx api.ts`. It prints
 * its port. An ID such as `x-200` takes 200 ms; one that starts with `new` is not upscaled until it was
 * submitted; one that starts with `mb1-` has a file of 1 MB, any other of 25; `GET /stats` tells what was
 * seen since it was last asked; `/file?mb=25` is a file of that size.
 */
let inFlight = 0;
let stats = { most: 0, times: [] as number[] };

/** By ID. */
const submitted = new Set<string>();

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
	const submission = body
		? (JSON.parse(body) as { image_id: string; callback?: string })
		: undefined;
	const id = submission?.image_id ?? decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
	if (submission) submitted.add(id);
	const upscaled = !id.startsWith('new') || submitted.has(id);
	inFlight += 1;
	stats.most = Math.max(stats.most, inFlight);
	stats.times.push(Date.now());
	setTimeout(
		() => {
			inFlight -= 1;
			response.setHeader('content-type', 'application/json');
			if (submission?.callback) return void response.end('{"message": "Upscaling images..."}');
			response.end(
				JSON.stringify({
					id,
					file_name: '120e453f-3a73-4016-ad6a-5cd5e00ddd45.jpeg',
					model_id: 'a9f7e5d1c3a2f91e3d5c6',
					image_url: `http://${request.headers.host}/file?mb=${/^mb(\d+)-/.exec(id)?.[1] ?? 25}`,
					prompt: 'A beautiful landscape with mountains and a river.',
					negative_prompt: 'rainy, foggy',
					upscaled,
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
