import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, posix } from 'node:path';

import { Server, utils, type Connection, type SFTPWrapper } from 'ssh2';

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

const HOST = '127.0.0.1';
const USER = 'demo';

/** What n8n's SFTP credential asks for. */
export interface SftpAccess {
	host: string;
	port: number;
	username: string;
	password: string;
}

/** An SFTP server on loopback, for what the examples do: read and write files, make folders. */
export interface SftpServer {
	access: SftpAccess;
	close: () => Promise<void>;
}

/** @param folder what is in it is on the server, and what is uploaded is put there */
export async function startSftp(folder: string): Promise<SftpServer> {
	const access = { host: HOST, username: USER, password: randomBytes(12).toString('hex') };
	const clients = new Set<Connection>();
	const hostKeys = [utils.generateKeyPairSync('ed25519').private];
	// Compression, if it is on, fails at an answer to a client that has left.
	const algorithms = { compress: ['none' as const] };
	const server = new Server({ hostKeys, algorithms }, (client) => {
		clients.add(client);
		client.on('close', () => clients.delete(client));
		// A client that just leaves.
		client.on('error', () => {});
		client.on('authentication', (login) => {
			const isRight = login.method === 'password' && login.password === access.password;
			if (isRight && login.username === USER) login.accept();
			else login.reject(['password']);
		});
		client.on('session', (accept) => {
			accept().on('sftp', (acceptSftp) => serve(client, acceptSftp(), folder));
		});
	});
	server.listen(0, HOST);
	await once(server, 'listening');
	const close = async () => {
		for (const client of clients) client.end();
		await once(server.close(), 'close');
	};
	return { access: { ...access, port: (server.address() as AddressInfo).port }, close };
}

/** Answers the requests of a client. */
function serve(client: Connection, sftp: SFTPWrapper, folder: string): void {
	const files = new Map<number, FileHandle>();
	let opened = 0;
	// Nobody gets out of the folder.
	const local = (path: string) => join(folder, posix.normalize(posix.join('/', path)));
	const file = (handle: Buffer) => files.get(handle.readUInt32BE())!;

	client.on('close', () => {
		for (const left of files.values()) void left.close();
	});

	/** Does what is asked for, and answers: with what the work gives, or how it went. */
	const answer = async (request: number, work: () => Promise<(() => void) | void>) => {
		const done = () => sftp.status(request, STATUS_CODE.OK);
		const tell = await work().then(
			(result) => result ?? done,
			(error) => () => sftp.status(request, statusOf(error)),
		);
		tell();
	};

	sftp.on('REALPATH', (request, path) => {
		const filename = posix.resolve('/', path);
		sftp.name(request, [{ filename, longname: filename, attrs: NO_ATTRIBUTES }]);
	});
	for (const event of ['STAT', 'LSTAT'] as const) {
		sftp.on(event, (request: number, path: string) => {
			void answer(request, async () => {
				const attrs = attributes(await stat(local(path)));
				return () => sftp.attrs(request, attrs);
			});
		});
	}
	sftp.on('FSTAT', (request, handle) => {
		void answer(request, async () => {
			const attrs = attributes(await file(handle).stat());
			return () => sftp.attrs(request, attrs);
		});
	});
	sftp.on('MKDIR', (request, path) => {
		void answer(request, async () => {
			await mkdir(local(path));
		});
	});
	sftp.on('OPEN', (request, path, flags) => {
		void answer(request, async () => {
			const isWritten = (flags & OPEN_MODE.WRITE) !== 0;
			const handle = Buffer.alloc(4);
			handle.writeUInt32BE(opened);
			files.set(opened++, await open(local(path), isWritten ? 'w' : 'r'));
			return () => sftp.handle(request, handle);
		});
	});
	sftp.on('READ', (request, handle, offset, length) => {
		void answer(request, async () => {
			const { buffer, bytesRead } = await file(handle).read(
				Buffer.alloc(length),
				0,
				length,
				offset,
			);
			return bytesRead === 0
				? () => sftp.status(request, STATUS_CODE.EOF)
				: () => sftp.data(request, buffer.subarray(0, bytesRead));
		});
	});
	sftp.on('WRITE', (request, handle, offset, data) => {
		void answer(request, async () => {
			await file(handle).write(data, 0, data.length, offset);
		});
	});
	// Times and permissions are this machine's.
	for (const event of ['SETSTAT', 'FSETSTAT'] as const) {
		sftp.on(event, (request: number) => sftp.status(request, STATUS_CODE.OK));
	}
	sftp.on('CLOSE', (request, handle) => {
		void answer(request, async () => {
			const closing = file(handle);
			files.delete(handle.readUInt32BE());
			await closing.close();
		});
	});
}

const NO_ATTRIBUTES = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function attributes({ mode, uid, gid, size, atimeMs, mtimeMs }: Awaited<ReturnType<typeof stat>>) {
	const seconds = (ms: number | bigint) => Math.floor(Number(ms) / 1000);
	return {
		mode: Number(mode),
		uid: Number(uid),
		gid: Number(gid),
		size: Number(size),
		atime: seconds(atimeMs),
		mtime: seconds(mtimeMs),
	};
}

function statusOf(error: unknown): number {
	const { code } = error as NodeJS.ErrnoException;
	return code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;
}
