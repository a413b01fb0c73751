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
	tools?: Array<{
		function: { name: string; description: string; parameters: { properties?: object } };
	}>;
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

/** What stands in for a model's wits. */
export interface Behaviour {
	/**
	 * What tools are called with, by what the user wrote: each call is of the first tool that takes it,
	 * and none is made that no tool takes.
	 */
	toolArguments: (question: string) => object[];
	/** The same, by what a tool has answered; without it, none. */
	next?: (result: string) => object[];
	/** What is said in the end, by what the tool answered; without that, if none was called. */
	answer: (result?: string) => string;
}

/**
 * Starts a stub that calls the tool with the same each time, and quotes the tool's result.
 *
 * @param toolArguments - one object for each call of the message
 */
export async function startOpenAiStub(...toolArguments: object[]): Promise<OpenAiStub> {
	return await startModel({
		toolArguments: () => toolArguments,
		answer: (result) => `Done: ${result}`,
	});
}

/** Starts a server on loopback with the one call of OpenAI's API that an agent needs. */
export async function startModel(behaviour: Behaviour): Promise<OpenAiStub> {
	const server = fastify({ forceCloseConnections: true });
	const requests: ChatRequest[] = [];
	server.post<{ Body: ChatRequest }>('/v1/chat/completions', ({ body }, response) => {
		requests.push(body);
		const said = reply(body, behaviour);
		return body.stream ? response.type('text/event-stream').send(asStream(said)) : said;
	});
	const origin = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url: `${origin}/v1`, requests, stop: async () => await server.close() };
}

/** A question, and a tool's result, is answered with calls of tools or with a text. */
function reply(body: ChatRequest, { toolArguments, next, answer }: Behaviour): Completion {
	const { role, content } = body.messages.at(-1) as Message;
	const say = (text: string) => completion(body, 'stop', { role: 'assistant', content: text });
	const said = String(content);
	const isResult = role === 'tool';
	const message = callTools(body, (isResult ? next?.(said) : toolArguments(said)) ?? []);
	if (message.tool_calls?.length) return completion(body, 'tool_calls', message);
	return say(isResult ? answer(said) : answer());
}

function callTools({ messages, tools = [] }: ChatRequest, calls: object[]): Message {
	return {
		role: 'assistant',
		content: null,
		tool_calls: calls.flatMap((given, index) => {
			const tool = tools.find(({ function: { parameters } }) =>
				Object.keys(given).every((name) => name in (parameters.properties ?? {})),
			);
			if (!tool) return [];
			const { name } = tool.function;
			return {
				// No two calls of a conversation have the same.
				id: `call_${messages.length}_${index + 1}`,
				type: 'function' as const,
				function: { name, arguments: JSON.stringify(given) },
			};
		}),
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
