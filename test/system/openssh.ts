import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePorts } from '../e2e/harness/ports';
import { startDaemon, type Daemon } from './daemon';
import { IS_ROOT, needPackages, programPath } from './packages';

const run = promisify(execFile);

const HOST = '127.0.0.1';

/** What n8n's SFTP credential asks for. */
export interface SftpAccess {
	host: string;
	port: number;
	username: string;
	/** In OpenSSH's format, without a passphrase. */
	privateKey: string;
}

/** A real SFTP server, on loopback. */
export interface SftpServer {
	access: SftpAccess;
	/** The folder that a client is in after its login. */
	files: string;
	/** Ends the server and removes all that was on it. */
	stop: () => Promise<void>;
}

/**
 * Starts OpenSSH's sshd for SFTP alone: on a free port, with host key, login and files of its own in
 * a temporary folder. It lets in the current user, and ends with this process at the latest.
 *
 * @throws when OpenSSH is missing or sshd does not start, with what it said
 */
export async function startOpenSsh(): Promise<SftpServer> {
	await needPackages(['openssh-server']);
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-deepmode-sftp-'));
	const files = join(folder, 'files');
	await mkdir(files);
	await makeKey(join(folder, 'host_key'));
	await makeKey(join(folder, 'login_key'));
	await copyFile(join(folder, 'login_key.pub'), join(folder, 'authorized_keys'));
	const [port] = (await freePorts(1)) as [number];
	await writeFile(join(folder, 'sshd_config'), config(folder, files, port));

	const server = await startSshd(folder, port);
	const access = {
		host: HOST,
		port,
		username: userInfo().username,
		privateKey: await readFile(join(folder, 'login_key'), 'utf8'),
	};
	const stop = async () => {
		await server.stop();
		await rm(folder, { recursive: true, force: true });
	};
	return { access, files, stop };
}

/**
 * StrictModes would refuse keys in a folder below /tmp. PAM is asked about a user who may not read
 * for himself whether he is locked; root may, and PAM's sessions are refused in some containers.
 */
function config(folder: string, files: string, port: number): string {
	return [
		`ListenAddress ${HOST}`,
		`Port ${port}`,
		`HostKey ${join(folder, 'host_key')}`,
		`AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
		'AuthenticationMethods publickey',
		'PermitRootLogin prohibit-password',
		'StrictModes no',
		`UsePAM ${IS_ROOT ? 'no' : 'yes'}`,
		'PidFile none',
		`Subsystem sftp internal-sftp -d ${files}`,
		'',
	].join('\n');
}

async function makeKey(file: string): Promise<void> {
	await run(programPath('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

async function startSshd(folder: string, port: number): Promise<Daemon> {
	// Debian's sshd locks itself up there when it runs as root; its service would make the folder.
	if (IS_ROOT) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
	return await startDaemon({
		name: 'sshd',
		command: [programPath('sshd'), '-D', '-e', '-f', join(folder, 'sshd_config')],
		logFile: join(folder, 'sshd.log'),
		isReady: async () => await greets(port),
	});
}

async function greets(port: number): Promise<boolean> {
	const socket = connect(port, HOST);
	try {
		const [greeting] = (await once(socket, 'data')) as [Buffer];
		return greeting.toString().startsWith('SSH-2.0-OpenSSH');
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
