import type { Browser, BrowserContext } from 'playwright-core';
import { chromium, selectors } from 'playwright-core';

import { OWNER } from '../e2e/harness/client';
import { needPackages, programPath } from '../system/packages';

/** For a machine that is busy with n8n, too. */
const TIMEOUT_MS = 60_000;

/** n8n ties a login to the browser it came from: the editor finds this in its storage. */
const BROWSER_ID = 'editor';

const ARGUMENTS = [
	// Chromium's sandbox is not to be had in most containers, and all that is opened is n8n.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	'--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/**
 * Starts Debian's Chromium, without a window. It finds no other host than 127.0.0.1.
 *
 * @throws when Chromium is missing
 */
export async function startBrowser(): Promise<Browser> {
	await needPackages(['chromium']);
	// Not "data-testid", which is playwright's own.
	selectors.setTestIdAttribute('data-test-id');
	return await chromium.launch({ executablePath: programPath('chromium'), args: ARGUMENTS });
}

/** What of the look of a page can be chosen. */
export interface Look {
	width: number;
	height: number;
	/** How many pixels of a screenshot make one of the page. */
	scale?: number;
	theme?: 'light' | 'dark';
}

/**
 * Opens a window in which the owner of an n8n server is logged in.
 *
 * @param url of the server
 */
export async function logIn(
	browser: Browser,
	url: string,
	{ width, height, scale = 1, theme = 'light' }: Look = { width: 1400, height: 900 },
): Promise<BrowserContext> {
	const context = await browser.newContext({
		baseURL: url,
		viewport: { width, height },
		deviceScaleFactor: scale,
		colorScheme: theme,
		reducedMotion: 'reduce',
	});
	context.setDefaultTimeout(TIMEOUT_MS);
	await context.addInitScript((id) => localStorage.setItem('n8n-browserId', id), BROWSER_ID);
	const response = await context.request.post('/rest/login', {
		data: { emailOrLdapLoginId: OWNER.email, password: OWNER.password },
		headers: { 'browser-id': BROWSER_ID },
	});
	if (!response.ok()) throw new Error(`n8n refused the login: ${await response.text()}`);
	return context;
}
