import axios from 'axios';

import { Chatter } from '../shared/chatter';
import { ASKING_CHAT_PATH } from '../shared/examples';
import type { Execution } from '../shared/execution';
import type { N8nClient } from './harness/client';

/**
 * Asks `ai-agent-asks-first`, once it is active, for a picture in n8n's chat, and answers when asked.
 *
 * @param answer what is clicked
 * @returns what was asked, and what was said in the end
 */
export async function askForPicture(
	n8n: N8nClient,
	answer: string,
): Promise<{ question: string; said: string; execution: Execution }> {
	const { data } = await axios.post<{ executionId: string; resumeToken?: string }>(
		n8n.server.webhookUrl(ASKING_CHAT_PATH),
		{
			action: 'sendMessage',
			sessionId: answer,
			chatInput: 'Please make a large picture of a lake',
		},
	);
	const chatter = Chatter.listen(n8n.server.url, { sessionId: answer, ...data });
	const question = await chatter.click(answer);
	const said = await chatter.hears(2);
	chatter.leave();
	return { question, said, execution: await n8n.waitForExecution(data.executionId) };
}
