import type { N8nServer } from '../e2e/harness/server';
import { waitFor } from '../shared/waitFor';

/** What Chrome's DevTools protocol answers. */
interface Answer {
	id: number;
	result: { result?: { value?: unknown } };
}

/**
 * How much n8n's main process keeps after a forced garbage collection, on its heap and beside it, in
 * MB. It must have been started with `NODE_OPTIONS=--inspect-port=0`.
 */
export async function keptBy(server: N8nServer): Promise<number> {
	const socket = new WebSocket(await debuggerUrl(server));
	await new Promise((resolve) => socket.addEventListener('open', resolve));
	const ask = async (id: number, method: string, params: object = {}) =>
		await new Promise<Answer['result']>((resolve) => {
			socket.addEventListener('message', ({ data }) => {
				const answer = JSON.parse(String(data)) as Answer;
				if (answer.id === id) resolve(answer.result);
			});
			socket.send(JSON.stringify({ id, method, params }));
		});
	await ask(1, 'HeapProfiler.collectGarbage');
	const expression = '((kept) => kept.heapUsed + kept.external)(process.memoryUsage()) / 1e6';
	const { result } = await ask(2, 'Runtime.evaluate', { expression });
	socket.close();
	return Number(result?.value);
}

/** Node opens its debugger at this signal, and says where. */
async function debuggerUrl(server: N8nServer): Promise<string> {
	process.kill(server.pid as number, 'SIGUSR1');
	return await waitFor(
		'the debugger of n8n',
		() => /Debugger listening on (ws:\S+)/.exec(server.log())?.[1],
	);
}
