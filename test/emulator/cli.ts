import { parseArgs } from 'node:util';
import { startEmulator } from '.';

/** `npm run emulator`: the emulator on its own, for trying things by hand. */
async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '8787' },
			'work-ms': { type: 'string', default: '2000' },
			'api-key': { type: 'string' },
			credits: { type: 'string', default: '1000' },
		},
	});
	const emulator = await startEmulator({
		port: Number(values.port),
		workMs: Number(values['work-ms']),
		apiKey: values['api-key'],
		credits: Number(values.credits),
		onRequest: ({ method, path, body, status }) =>
			console.log(
				[method, path, body && JSON.stringify(body), status ?? 'no answer']
					.filter(Boolean)
					.join(' '),
			),
	});
	const images = [
		...emulator.addImages(3, { ratio: 'portrait' }),
		...emulator.addImages(2, { ratio: 'square' }),
	];

	console.log(`Base URL  ${emulator.url}
API key   ${emulator.apiKey}
Model     ${emulator.modelId}
Images    ${images.map((image) => image.id).join('\n          ')}

curl ${emulator.url}/api/images/upscale \\
  -H 'Authorization: Bearer ${emulator.apiKey}' \\
  -H 'Content-Type: application/json' \\
  -d '{"image_id": "${images[0]?.id}"}'
`);

	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void emulator.close());
	}
}

void main();
