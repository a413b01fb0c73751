import { join } from 'node:path';

import type { Locator } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';

import type { Editor } from '../editor/editor';
import { ROOT } from '../shared/paths';
import { announce } from '../shared/progress';

const FOLDER = join(ROOT, 'docs', 'images');

/** As wide as a page of docs is on a sharp screen. */
const WIDTH = 1800;
const MARGIN = { top: 24, bottom: 24, left: 24, right: 24 };
const BACKGROUND = 'white';

const hidden = (selectors: string[]) => `${selectors.join()} { display: none !important }`;

/** What passes by, and what leads to the neighbours of an open node. */
const QUIET = hidden(['.el-notification', '[data-test-id="floating-nodes"]']);

/** Only the nodes, their connections and notes are left of the page. */
const ONLY_NODES = `${hidden([
	'[data-test-id="canvas-background"]',
	'[data-test-id="canvas-controls"]',
	'[data-test-id="canvas-handle-plus-wrapper"]',
])}
body { visibility: hidden }
[data-test-id="canvas"] { visibility: visible; background: ${BACKGROUND} !important }`;

/** Takes a picture of a part of the page as it is seen. */
export async function takePicture(name: string, part: Locator): Promise<void> {
	await save(name, sharp(await part.screenshot({ style: QUIET })));
}

/** Takes a picture of all nodes of the open workflow, and of nothing else. */
export async function takeCanvas(name: string, editor: Editor): Promise<void> {
	await editor.showWholeWorkflow();
	const picture = await editor.byId('canvas').screenshot({ style: QUIET + ONLY_NODES });
	const nodes = await sharp(picture).trim({ background: BACKGROUND }).toBuffer();
	await save(name, sharp(nodes).extend({ ...MARGIN, background: BACKGROUND }));
}

/** 256 colours will do for an editor, and make the file small. */
async function save(name: string, picture: Sharp): Promise<void> {
	const { width, height, size } = await picture
		.resize({ width: WIDTH, withoutEnlargement: true })
		.png({ palette: true, effort: 10 })
		.toFile(join(FOLDER, `${name}.png`));
	announce(`docs/images/${name}.png: ${width}×${height}, ${Math.ceil(size / 1000)} KB`);
}
