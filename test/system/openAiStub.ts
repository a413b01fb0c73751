import fastify from 'fastify';

interface Message {
	role: string;
	content: unknown;
	tool_calls?: ToolCall[];
}

interface ToolCall {
	id: string;
	type: 'function';
	function: { name: string; arguments: string };
}

/** What is read of a request for a chat completion. */
export interface ChatRequest {
	model: string;
	messages: Message[];
	tools?: Array<{ function: { name: string; description: string; parameters: unknown } }>;
	stream?: boolean;
}

interface Completion {
	id: string;
	object: string;
	created: number;
	model: string;
	choices: [{ index: number; message: Message; finish_reason: string }];
	usage: object;
}

/** A model that does as it is told, behind OpenAI's API. */
export interface OpenAiStub {
	/** For the "Base URL" of n8n's OpenAI credential. */
	url: string;
	/** All that it was asked. */
	requests: ChatRequest[];
	stop: () => Promise<void>;
}

/**
 * Starts a server on loopback with the one call of OpenAI's API that an agent needs. It answers a
 * question with calls of the first tool on offer, and the tool's result with a text that quotes it.
 *
 * @param toolArguments - what it calls the tool with; one object for each call of the message
 */
export async function startOpenAiStub(...toolArguments: object[]): Promise<OpenAiStub> {
	const server = fastify({ forceCloseConnections: true });
	const requests: ChatRequest[] = [];
	server.post<{ Body: ChatRequest }>('/v1/chat/completions', ({ body }, reply) => {
		requests.push(body);
		const last = body.messages.at(-1);
		const answer =
			last?.role === 'tool'
				? completion(body, 'stop', { role: 'assistant', content: `Done: ${String(last.content)}` })
				: completion(body, 'tool_calls', callFirstTool(body, toolArguments));
		return body.stream ? reply.type('text/event-stream').send(asStream(answer)) : answer;
	});
	const origin = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url: `${origin}/v1`, requests, stop: async () => await server.close() };
}

function callFirstTool({ tools }: ChatRequest, toolArguments: object[]): Message {
	const name = tools?.[0]?.function.name ?? '';
	return {
		role: 'assistant',
		content: null,
		tool_calls: toolArguments.map((given, index) => ({
			id: `call_${index + 1}`,
			type: 'function',
			function: { name, arguments: JSON.stringify(given) },
		})),
	};
}

function completion({ model }: ChatRequest, finishReason: string, message: Message): Completion {
	return {
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: Math.floor(Date.now() / 1000),
		model,
		choices: [{ index: 0, message, finish_reason: finishReason }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}

/** All of it in one piece. */
function asStream({ choices: [{ index, message, finish_reason }], ...rest }: Completion): string {
	const delta = {
		...message,
		tool_calls: message.tool_calls?.map((call, position) => ({ ...call, index: position })),
	};
	const chunk = {
		...rest,
		object: 'chat.completion.chunk',
		choices: [{ index, delta, finish_reason }],
	};
	return `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
}
