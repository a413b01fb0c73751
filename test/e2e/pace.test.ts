import { chain, deepModeNode, itemsNodes } from '../shared/workflows';
import { useWorld } from './world';

const world = useWorld();

const IMAGES = 200;
/** A look and an upscale each, and the balance. */
const REQUESTS = 2 * IMAGES + 1;

it.each([10, 50])(
	'ten requests a second, and %i images in flight: at most a tenth is refused',
	async (maxConcurrency) => {
		const { deepMode, n8n, credential } = world;
		deepMode.mostASecond = 10;
		const ids = deepMode.addImageIds(IMAGES).map((id) => ({ id }));
		const from = deepMode.requests.length;

		const execution = await n8n.runAndWait(
			chain(...itemsNodes(ids), deepModeNode(credential, { options: { maxConcurrency } })),
			{ timeoutMs: 180_000 },
		);

		expect(execution.items('DeepMode').map(({ json }) => json.upscaled)).toEqual(
			Array(IMAGES).fill(true),
		);
		const requests = deepMode.requests.slice(from);
		const refused = requests.filter(({ status }) => status === 429).length;
		const seconds = ((requests.at(-1)?.at ?? 0) - (requests[0]?.at ?? 0)) / 1000;
		process.stdout.write(
			`${IMAGES} images, ${maxConcurrency} in flight: ${seconds.toFixed(1)} s, ${refused} of ${requests.length} requests refused; ideal ${Math.floor(REQUESTS / 10) - 1} s\n`,
		);
		expect(requests.length - refused).toBe(REQUESTS);
		expect(refused / requests.length).toBeLessThanOrEqual(0.1);
	},
	200_000,
);
