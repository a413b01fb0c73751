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
}

/** A model that does as it is told, behind OpenAI's API. */
export interface OpenAiStub {
	/** For the "Base URL" of n8n's OpenAI credential. */
	url: string;
	/** All that it was asked. */
	requests: ChatRequest[];
	stop: () => Promise<void>;
}

/** What stands in for a model's wits. */
export interface Behaviour {
	/** What the first tool on offer is called with, by what the user wrote; nothing to call none. */
	toolArguments: (question: string) => object | undefined;
	/** What is said in the end, by what the tool answered; without that, if none was called. */
	answer: (result?: string) => string;
}

/** Starts a stub that calls the tool with the same each time, and quotes the tool's result. */
export async function startOpenAiStub(toolArguments: object): Promise<OpenAiStub> {
	return await startModel({
		toolArguments: () => toolArguments,
		answer: (result) => `Done: ${result}`,
	});
}

/** Starts a server on loopback with the one call of OpenAI's API that an agent needs. */
export async function startModel({ toolArguments, answer }: Behaviour): Promise<OpenAiStub> {
	const server = fastify({ forceCloseConnections: true });
	const requests: ChatRequest[] = [];
	server.post<{ Body: ChatRequest }>('/v1/chat/completions', ({ body }) => {
		requests.push(body);
		const { role, content } = body.messages.at(-1) as Message;
		const say = (text: string) => completion(body, 'stop', { role: 'assistant', content: text });
		if (role === 'tool') return say(answer(String(content)));
		const call = toolArguments(String(content));
		return call === undefined
			? say(answer())
			: completion(body, 'tool_calls', callFirstTool(body, call));
	});
	const origin = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url: `${origin}/v1`, requests, stop: async () => await server.close() };
}

function callFirstTool({ tools }: ChatRequest, toolArguments: object): Message {
	const name = tools?.[0]?.function.name ?? '';
	const call = { name, arguments: JSON.stringify(toolArguments) };
	return {
		role: 'assistant',
		content: null,
		tool_calls: [{ id: 'call_1', type: 'function', function: call }],
	};
}

function completion({ model }: ChatRequest, finishReason: string, message: Message) {
	return {
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: Math.floor(Date.now() / 1000),
		model,
		choices: [{ index: 0, message, finish_reason: finishReason }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
