import type { Emulator, EmulatorOptions } from '../emulator';
import { startEmulator } from '../emulator';

/**
 * Starts an emulator for each test of a file, and closes it after the test.
 *
 * @param take is given each one before its test
 */
export function useEmulator(take: (emulator: Emulator) => void, options?: EmulatorOptions): void {
	let emulator: Emulator;

	beforeEach(async () => {
		emulator = await startEmulator(options);
		take(emulator);
	});

	afterEach(async () => {
		await emulator.close();
	});
}
