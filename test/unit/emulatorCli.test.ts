import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import axios from 'axios';

import { ROOT } from '../shared/paths';

it('npm run emulator prints what a credential needs, and answers until it is ended', async () => {
	const process = spawn('npm', ['run', 'emulator', '--', '--port', '0', '--credits', '7'], {
		cwd: ROOT,
		detached: true,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	try {
		const printed: Record<string, string> = {};
		for await (const line of createInterface(process.stdout)) {
			const [, name, value] = /^(Base URL|API key) +(\S+)$/.exec(line) ?? [];
			if (name !== undefined && value !== undefined) printed[name] = value;
			if (line.startsWith('curl')) break;
		}

		const { data } = await axios.get(`${printed['Base URL']}/api/check-balance`, {
			headers: { Authorization: `Bearer ${printed['API key']}` },
		});
		expect(data).toEqual({ remaining_balance: 7 });
	} finally {
		// npm, the shell and the emulator: the whole group.
		globalThis.process.kill(-process.pid!, 'SIGTERM');
		await once(process, 'exit');
	}
});
