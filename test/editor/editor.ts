import type { Browser, Locator, Page } from 'playwright-core';

import { logIn, type Look } from './browser';

/** n8n's editor in a browser, by n8n's own test IDs: what a user does there, and sees. */
export class Editor {
	private constructor(readonly page: Page) {}

	/**
	 * Opens a window in which the server's owner is logged in.
	 *
	 * @param url of the n8n server
	 */
	static async open(browser: Browser, url: string, look?: Look): Promise<Editor> {
		const context = await logIn(browser, url, look);
		return new Editor(await context.newPage());
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}

	async newWorkflow(): Promise<void> {
		await this.page.goto('/workflow/new');
	}

	/** Imports a workflow's file into the workflow that is open, by the menu's "Import from File…". */
	async importFile(path: string): Promise<void> {
		await this.byId('workflow-import-input').setInputFiles(path);
		await this.byId('canvas-node').first().waitFor();
	}

	/**
	 * Saves the workflow that is open.
	 *
	 * @returns its ID
	 */
	async save(): Promise<string> {
		const saved = this.page.waitForResponse(
			(response) =>
				/\/rest\/workflows(\/\w+)?(\?|$)/.test(response.url()) &&
				['POST', 'PATCH'].includes(response.request().method()),
		);
		await this.page.keyboard.press('Control+s');
		return ((await (await saved).json()) as { data: { id: string } }).data.id;
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`/workflow/${id}`);
		await this.byId('canvas-node').first().waitFor();
	}

	/** Opens the node panel of an empty workflow and looks for words in it. */
	async search(words: string): Promise<void> {
		const bar = this.byId('node-creator-search-bar');
		if (!(await bar.isVisible())) await this.byId('canvas-add-button').click();
		await bar.fill(words);
	}

	/** A line of the node panel: a node that was found, or an action of the node that is open. */
	entry(name: string): Locator {
		return this.byId('node-creator-item-name').getByText(name, { exact: true });
	}

	/** Has the actions of a node, which is open in the node panel, unfolded. */
	async showActions(action: string): Promise<void> {
		const fold = this.byId('node-creator-category-item').filter({ hasText: 'Actions' });
		await fold.waitFor();
		if (!(await this.entry(action).isVisible())) await fold.click();
		await this.entry(action).waitFor();
	}

	/** Adds a node, which the node panel found, by one of its actions, and has it open then. */
	async addAction(node: string, action: string): Promise<void> {
		await this.entry(node).click();
		await this.showActions(action);
		await this.entry(action).click();
		await this.panel.waitFor();
	}

	/** Adds a trigger in the same way. */
	async addTrigger(node: string, event: string): Promise<void> {
		await this.entry(node).click();
		await this.entry(event).click();
		await this.panel.waitFor();
	}

	async showWholeWorkflow(): Promise<void> {
		await this.byId('zoom-to-fit').click();
	}

	async openNode(name: string): Promise<void> {
		await this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`).dblclick();
		await this.panel.waitFor();
	}

	async closeNode(): Promise<void> {
		await this.byId('ndv-close-button').click();
		await this.panel.waitFor({ state: 'hidden' });
	}

	/** The panel of the node that is open. */
	get panel(): Locator {
		return this.byId('ndv');
	}

	/** Its left part. */
	get input(): Locator {
		return this.byId('ndv-input-panel');
	}

	/**
	 * The names of the fields that the input has or, before the first run, is known to get; in no
	 * order, since the page's is not that of what is seen.
	 */
	async inputFields(): Promise<string[]> {
		const fields = this.input.getByTestId('run-data-schema-item');
		await fields.first().waitFor();
		return (await fields.allInnerTexts()).map((text) => text.trim()).sort();
	}

	/** Its right part. */
	get output(): Locator {
		return this.byId('output-panel');
	}

	/** The names of the parameters that are shown, in their order. */
	async parameters(): Promise<string[]> {
		const fields = this.byId('node-parameters').locator(
			'[data-test-id^="parameter-input-"]:visible',
		);
		await fields.first().waitFor();
		const ids = await fields.evaluateAll((elements) =>
			elements.map((element) => element.getAttribute('data-test-id') ?? ''),
		);
		return ids
			.map((id) => id.replace('parameter-input-', ''))
			.filter((name) => !['field', 'item'].includes(name));
	}

	/** A parameter of the open node, or a field of the open credential. */
	parameter(name: string): Locator {
		return this.byId(`parameter-input-${name}`);
	}

	async fill(name: string, value: string): Promise<void> {
		await this.parameter(name).locator('input').fill(value);
	}

	async turnOn(name: string): Promise<void> {
		await this.parameter(name).click();
	}

	/** Chooses one of a parameter's options, by the name that is shown. */
	async choose(parameter: string, option: string): Promise<void> {
		await this.parameter(parameter).click();
		await this.page.getByRole('option', { name: option }).click();
	}

	/** Runs the open node; a trigger listens for a test event. */
	async execute(): Promise<void> {
		await this.byId('node-execute-button').first().click();
	}

	/** What the output says instead, if the node failed: what happened, and what to do. */
	async error(): Promise<string[]> {
		const { output } = this;
		return [
			await output.getByTestId('node-error-message').innerText(),
			await output.getByTestId('node-error-description').innerText(),
		];
	}

	/** The picture that is in the output, when it is on view: its width in pixels. */
	async viewPicture(): Promise<number> {
		await this.byId('ndv-view-binary-data').click();
		const picture = this.page.locator('img[src*="/rest/binary-data"]');
		await picture.waitFor();
		return await picture.evaluate(
			async (image: { decode(): Promise<void>; naturalWidth: number }) => {
				await image.decode();
				return image.naturalWidth;
			},
		);
	}

	/** Has a form open for a new credential of the open node. */
	async newCredential(): Promise<void> {
		await this.byId('node-credentials-select').click();
		await this.byId('node-credentials-select-item-new').click();
		await this.credential.waitFor();
	}

	/** Has the form open for the credential of the open node, which n8n then tests. */
	async editCredential(): Promise<void> {
		await this.byId('credential-edit-button').click();
		await this.credential.waitFor();
	}

	/** The form for a credential. */
	get credential(): Locator {
		return this.byId('credential-edit-dialog');
	}

	async closeCredential(): Promise<void> {
		await this.page.getByRole('button', { name: 'Close this dialog' }).click();
		await this.credential.waitFor({ state: 'hidden' });
	}

	/** n8n closes the form when the credential passes its test. */
	async saveCredential(): Promise<void> {
		await this.byId('credential-save-button').click();
	}

	/** The URLs of the open trigger, the one for tests first. */
	async webhookUrl(): Promise<string> {
		await this.panel.getByText('Webhook URLs', { exact: true }).click();
		return (await this.panel.locator('.webhook-url').innerText()).trim();
	}

	byId(id: string): Locator {
		return this.page.getByTestId(id);
	}
}
