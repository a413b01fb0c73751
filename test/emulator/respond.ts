import { gzipSync } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { RequestFault, SentAsFault } from './faults';
import type { Work } from './work';

/**
 * Answers a request as DeepMode would, or as a fault has it.
 * @param accept accepts the request and returns its answer or the promise of it (a Buffer is a
 *   picture, all else JSON); throws at once, and has done nothing, if DeepMode refuses the request
 */
export async function respond(
	reply: FastifyReply,
	work: Work,
	fault: RequestFault | undefined,
	accept: () => unknown,
): Promise<FastifyReply> {
	if (fault === undefined) {
		return send(reply, await accept());
	}
	if ('hang' in fault) {
		if (fault.accepted) accept();
		return reply.hijack();
	}
	if ('drip' in fault) {
		if (fault.accepted) accept();
		return await drip(reply, work);
	}
	if ('cut' in fault) {
		if (fault.cut === 'after') accept();
		if (fault.cut === 'body') await sendHalf(reply, await accept());
		else reply.hijack();
		await work.wait(fault.resetAfterMs ?? 0);
		reply.raw.destroy();
		return reply;
	}
	if ('status' in fault) {
		if (fault.accepted) accept();
		await work.wait(fault.delayMs ?? 0);
		const isJson = typeof fault.body === 'object';
		return reply
			.code(fault.status)
			.type(fault.contentType ?? (isJson ? 'application/json' : 'text/plain'))
			.headers(fault.headers ?? {})
			.send(isJson ? JSON.stringify(fault.body) : fault.body);
	}
	const answer = await accept();
	if ('sentAs' in fault) return sendAs(reply, answer as Buffer, fault.sentAs);
	await work.wait(fault.delayMs);
	return send(reply, answer);
}

const contentType = (answer: unknown) =>
	Buffer.isBuffer(answer) ? 'image/jpeg' : 'application/json';

const send = (reply: FastifyReply, answer: unknown) => reply.type(contentType(answer)).send(answer);

function sendAs(
	reply: FastifyReply,
	picture: Buffer,
	{ contentType = 'image/jpeg', gzip }: SentAsFault['sentAs'],
): FastifyReply {
	const body = gzip ? gzipSync(picture) : picture;
	reply.hijack();
	reply.raw.writeHead(200, {
		...(contentType && { 'content-type': contentType }),
		...(gzip && { 'content-encoding': 'gzip' }),
		'content-length': body.length,
	});
	reply.raw.end(body);
	return reply;
}

async function drip(reply: FastifyReply, work: Work): Promise<FastifyReply> {
	reply.hijack();
	reply.raw.writeHead(200, { 'content-type': 'application/json' });
	while (!reply.raw.destroyed) {
		reply.raw.write(' ');
		await work.wait(100);
	}
	return reply;
}

/** Sends the headers of the whole answer, and half of its body. */
async function sendHalf(reply: FastifyReply, answer: unknown): Promise<void> {
	const body = Buffer.isBuffer(answer) ? answer : Buffer.from(JSON.stringify(answer));
	reply.hijack();
	reply.raw.writeHead(200, {
		'content-type': contentType(answer),
		'content-length': body.length,
	});
	const half = body.subarray(0, Math.floor(body.length / 2));
	await new Promise((sent) => reply.raw.write(half, sent));
}
