import type { IN8nHttpFullResponse, NodeEgressFilter } from 'n8n-workflow';

import { shorten } from '../text';
import type { FileContext } from './download';
import { FinalProblem } from './finalProblem';
import { problemWithAddress } from './pictureAddress';

/** As many as a browser would hardly follow for a picture. */
const MOST_REDIRECTS = 5;

const REDIRECTS = [301, 302, 303, 307, 308];

/** The part of n8n's protection against forged addresses that is used here; older n8n has none. */
type EgressFilter = (policy: 'enforced') => Pick<NodeEgressFilter, 'validateUrl'> | undefined;

/**
 * Opens the file at an address, following redirects. Each address on the way is judged before
 * anything is fetched from it.
 *
 * @param isPublic whether it must be on the internet, which is so unless the API is on this machine
 * @throws FinalProblem whose message says why nothing was fetched
 */
export async function openPicture(
	context: FileContext,
	address: string,
	isPublic: boolean,
	abortSignal: AbortSignal,
): Promise<IN8nHttpFullResponse> {
	let url = new URL(address);
	for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
		const problem = isPublic
			? (problemWithAddress(url) ?? (await problemThatN8nSees(context, url)))
			: problemWithProtocol(url);
		if (problem) throw new FinalProblem(problem);
		const response = (await context.helpers.httpRequest({
			url: url.href,
			// Compressed, its length would not tell whether it is complete.
			headers: { 'Accept-Encoding': 'identity' },
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			abortSignal,
		})) as IN8nHttpFullResponse;
		const { location } = response.headers;
		if (!REDIRECTS.includes(response.statusCode) || typeof location !== 'string') return response;
		(response.body as unknown as { destroy: () => void }).destroy();
		if (!URL.canParse(location, url.href))
			throw new FinalProblem('its URL redirects to what is no URL');
		url = new URL(location, url);
	}
	throw new FinalProblem(`its URL redirects more than ${MOST_REDIRECTS} times`);
}

function problemWithProtocol({ protocol }: URL): string | undefined {
	const isFetched = protocol === 'https:' || protocol === 'http:';
	return isFetched ? undefined : `its URL is no http or https URL but starts with ${protocol}//`;
}

/**
 * It looks up where a name leads, too. A look-up that fails is for the request to tell: behind a
 * proxy, nobody but the proxy may know the name.
 */
async function problemThatN8nSees(context: FileContext, url: URL): Promise<string | undefined> {
	const { getSecureEgressFilter } = context.helpers as { getSecureEgressFilter?: EgressFilter };
	const judging = getSecureEgressFilter?.('enforced')?.validateUrl(url.href);
	const verdict = await judging?.catch(() => undefined);
	if (!verdict || verdict.ok || !verdict.error.name.startsWith('SsrfBlocked')) return undefined;
	const host = shorten(url.hostname, 100);
	return `its URL leads to ${host}, which n8n takes for a host of a private network (N8N_SSRF_ALLOWED_HOSTNAMES can allow it)`;
}
