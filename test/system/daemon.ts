import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

import { end, hasEnded } from '../e2e/harness/child';
import { tail } from '../e2e/harness/logTail';
import { waitFor } from '../shared/waitFor';
import { programPath } from './packages';

export interface DaemonOptions {
	/** As it should read in messages. */
	name: string;
	/** A program that stays in the foreground, and its arguments. */
	command: string[];
	/** The user to run it as; by default the current one. */
	user?: string;
	/** Where all that it prints goes. */
	logFile: string;
	/** What ends it quickly and in good order; by default SIGTERM. */
	endSignal?: NodeJS.Signals;
	isReady: () => Promise<boolean>;
}

/** A server from a Debian package, in a process of its own, which ends with this one at the latest. */
export interface Daemon {
	/** Ends it in good order, or as the signal says. */
	stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** @throws when it ends or is not ready in time, with the end of its log */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
	const { name, logFile, isReady, endSignal = 'SIGTERM' } = options;
	const child = spawnDaemon(options, endSignal);
	try {
		await waitFor(`${name} to take connections`, async () => {
			if (hasEnded(child)) throw new Error(`${name} ended`);
			return await isReady();
		});
	} catch (error) {
		await end(child, endSignal);
		throw new Error(`${(error as Error).message}; the end of its log:\n${tail(logFile)}`);
	}
	return { stop: async (signal = endSignal) => await end(child, signal) };
}

/** Linux itself ends it when this process is killed and cannot do it. */
function spawnDaemon(
	{ command, user, logFile }: DaemonOptions,
	endSignal: NodeJS.Signals,
): ChildProcess {
	const log = openSync(logFile, 'a');
	const child = spawn(
		programPath('setpriv'),
		[...asUser(user), '--pdeathsig', endSignal.replace('SIG', ''), ...command],
		{ stdio: ['ignore', log, log] },
	);
	closeSync(log);
	return child;
}

/** Arguments of setpriv that run a program as another user; none for the current one. */
export function asUser(user: string | undefined): string[] {
	return user === undefined ? [] : ['--reuid', user, '--regid', user, '--init-groups'];
}
