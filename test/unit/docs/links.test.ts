import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { DeepModeApi } from '../../../credentials/DeepModeApi.credentials';
import { ROOT } from '../../shared/paths';
import type { Document } from './markdown';
import { documents, readDocument } from './markdown';

/** Why a link leads nowhere, if it does. Only what is in the clone can be judged. */
function problemWith(link: string, { path }: Document): string | undefined {
	if (/^[a-z]+:/.test(link)) return undefined;
	const [file = '', anchor] = decodeURI(link).split('#');
	const target = file === '' ? path : normalize(join(dirname(path), file));
	if (!existsSync(join(ROOT, target))) return `${link}: there is no ${target}`;
	if (anchor === undefined || readDocument(target).anchors.includes(anchor)) return undefined;
	return `${link}: ${target} has no such heading`;
}

it.each(documents)('the links of $path lead somewhere', (document) => {
	const problems = document.links.map((link) => problemWith(link, document));

	expect(problems.filter(Boolean)).toEqual([]);
});

it('every document can be reached from the README', () => {
	const reached = new Set(['README.md']);
	for (const path of reached) {
		for (const link of readDocument(path).links) {
			const target = normalize(join(dirname(path), link.split('#')[0] ?? ''));
			if (documents.some((document) => document.path === target)) reached.add(target);
		}
	}

	expect(documents.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

it('what the nodes and the credential link to is a heading of the README', () => {
	const data = globSync('nodes/*/*.node.json', { cwd: ROOT }).map((file) =>
		readFileSync(join(ROOT, file), 'utf8'),
	);
	const links = [...data, new DeepModeApi().documentationUrl].flatMap(
		(text) => text.match(/https:\/\/github\.com\/[^"]+/g) ?? [],
	);
	const anchors = links.map((link) => link.split('#')[1]);

	// #readme is GitHub's own, for the whole of it.
	expect(['readme', ...readDocument('README.md').anchors]).toEqual(expect.arrayContaining(anchors));
	expect(anchors.length).toBeGreaterThanOrEqual(5);
});
