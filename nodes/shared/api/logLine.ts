import { imageName, shorten } from '../text';
import type { Reply } from './client';
import { saysUpscaled } from './image';
import type { Outcome } from './outcome';

/**
 * What n8n's debug log tells of one request: what was asked, what came back, what was concluded,
 * and whether it is sent again. It holds nothing of a body but the IDs and states of images: words of
 * the API's may repeat an address that is signed.
 *
 * @param took from sending to answer, in milliseconds
 */
export function logLine(reply: Reply, outcome: Outcome, took: number): string {
	const came = 'status' in reply ? `status ${reply.status}` : `no answer (${reply.reason})`;
	return `DeepMode: ${asked(reply)}: ${came} after ${took} ms, so ${concluded(outcome)}; ${next(reply, outcome)}`;
}

function asked({ to }: Reply): string {
	if (!to) return 'an upscale, answered by a look';
	const about = to.imageId === undefined ? '' : `, ${imageName(to.imageId)}`;
	return `${to.method} ${shorten(to.path, 200)}${about}`;
}

function concluded(outcome: Outcome): string {
	const images =
		outcome.is === 'image' ? [outcome.image] : outcome.is === 'images' ? outcome.images : [];
	const states = images.map((image) => {
		const isUpscaled = saysUpscaled(image);
		const state = isUpscaled === undefined ? '' : isUpscaled ? ' upscaled' : ' not upscaled';
		return `${imageName(String(image.id))}${state}`;
	});
	return states.length > 0 ? `${outcome.is} (${states.join(', ')})` : outcome.is;
}

function next({ to }: Reply, outcome: Outcome): string {
	switch (outcome.is) {
		case 'busy':
			return outcome.retryAfter === undefined
				? 'sent again after a pause'
				: `sent again after ${outcome.retryAfter} ms`;
		case 'unreachable':
			return outcome.isFinal ? 'sent again twice at most' : 'sent again for a minute at most';
		case 'unknown':
			return to?.method === 'GET'
				? 'asked again while there is time'
				: 'not sent again, since it may have been accepted';
		default:
			return 'not sent again';
	}
}
