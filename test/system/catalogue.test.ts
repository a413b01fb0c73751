import axios from 'axios';
import type { INodeTypeDescription } from 'n8n-workflow';

import { useWorld } from '../e2e/world';
import { DeepMode } from '../../nodes/DeepMode/DeepMode.node';
import { DeepModeTrigger } from '../../nodes/DeepModeTrigger/DeepModeTrigger.node';

/** What n8n's AI is shown when it builds workflows: n8n has it as tools of its own MCP server. */

const world = useWorld();
let apiKey: string;

beforeAll(async () => {
	apiKey = await world.n8n.openMcp();
});

/** Calls a tool of n8n's. @returns what it says */
async function call(name: string, args: object): Promise<string> {
	const { data } = await axios.post<string>(
		`${world.server.url}/mcp-server/http`,
		{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } },
		{
			headers: {
				authorization: `Bearer ${apiKey}`,
				accept: 'application/json, text/event-stream',
			},
			responseType: 'text',
		},
	);
	const answer = JSON.parse(data.slice(data.indexOf('{'))) as {
		result: { content: [{ text: string }] };
	};
	return answer.result.content[0].text;
}

const search = async (query: string) => await call('search_nodes', { queries: [query] });

const define = async (nodeId: string) => await call('get_node_types', { nodeIds: [{ nodeId }] });

const HINTS = ['searchHint', 'relationHint', 'propertyHint'];

/** All hints for n8n's AI in a description, wherever they are. */
function hintsOf(value: unknown): string[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, inner]) =>
		typeof inner === 'string' && HINTS.includes(name) ? [inner] : hintsOf(inner),
	);
}

/** What the catalogue says of a node when it is searched for, without those that it lists beside. */
function entryOf(nodeId: string, found: string): string {
	const entries = found.split(/\n(?=- )/);
	return entries.find((entry) => new RegExp(`^- ${nodeId}(\n| )`).test(entry)) ?? '';
}

const NODES: Array<[string, INodeTypeDescription]> = [
	['n8n-nodes-deepmode.deepMode', new DeepMode().description],
	['n8n-nodes-deepmode.deepModeTool', new DeepMode().description],
	['n8n-nodes-deepmode.deepModeTrigger', new DeepModeTrigger().description],
];

describe.each(NODES)('%s', (nodeId, description) => {
	it('is found, with its operations', async () => {
		const entry = entryOf(nodeId, await search('upscale image'));

		const operations = description.properties
			.filter(({ name }) => name === 'operation')
			.flatMap(({ options }) => options ?? []);
		for (const operation of operations) {
			expect(entry).toContain((operation as { description: string }).description);
		}
		expect(entry).toContain(description.builderHint?.searchHint);
		expect(entry).toContain(description.builderHint?.relatedNodes?.[0]?.relationHint);
	});

	it('has no hint that is not shown', async () => {
		const shown = (await search('upscale image')) + (await define(nodeId));

		const hints = hintsOf(description);
		expect(hints.length).toBeGreaterThan(1);
		expect(hints.filter((hint) => !shown.includes(hint))).toEqual([]);
	});
});

it('tells of each mode where the definition of the node leaves the parameter out', async () => {
	const definition = await define('n8n-nodes-deepmode.deepMode');

	expect(definition).not.toContain('mode?:');
	for (const mode of ['sync', 'async', 'pause']) {
		expect(new DeepMode().description.builderHint?.searchHint).toContain(`'${mode}'`);
	}
});
