import axios from 'axios';

import { waitFor } from './waitFor';

/** What n8n's chat page gets when a person is asked. */
interface Question {
	text: string;
	buttons: Array<{ text: string; link: string }>;
}

/** Whom an open chat is about. */
interface Session {
	sessionId: string;
	executionId: string;
	/** Proves that one may listen. */
	resumeToken?: string;
}

/** A person at n8n's chat, once an execution answers by Chat nodes. */
export class Chatter {
	/** All that was said to the person, in order. */
	readonly heard: string[] = [];
	private constructor(private readonly socket: WebSocket) {
		socket.addEventListener('message', ({ data }) => {
			if (data === 'n8n|heartbeat') socket.send('n8n|heartbeat-ack');
			else if (data !== 'n8n|continue') this.heard.push(String(data));
		});
	}

	/** Listens to what an execution says, as the page does. @param url of the n8n */
	static listen(url: string, { sessionId, executionId, resumeToken }: Session): Chatter {
		const query = new URLSearchParams({ sessionId, executionId, token: resumeToken ?? '' });
		return new Chatter(new WebSocket(`${url.replace('http', 'ws')}/chat?${query}&isPublic=true`));
	}

	/** Waits until something is asked, and clicks one of its buttons. @returns the question */
	async click(label: string): Promise<string> {
		const question = await waitFor('the question', () =>
			this.heard.map(asQuestion).find((asked) => asked !== undefined),
		);
		const button = question.buttons.find(({ text }) => text === label);
		if (!button) throw new Error(`There is no button "${label}" below: ${question.text}`);
		await axios.get(button.link, { headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } });
		return question.text;
	}

	/** Waits until so much was said. @returns the last of it */
	async hears(count: number): Promise<string> {
		return await waitFor('an answer', () => this.heard[count - 1]);
	}

	leave(): void {
		this.socket.close();
	}
}

function asQuestion(message: string): Question | undefined {
	return message.startsWith('{"type":"with-buttons"')
		? (JSON.parse(message) as Question)
		: undefined;
}
