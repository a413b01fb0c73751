import { createHmac, randomBytes } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import type { Faults } from './faults';
import type { Gallery } from './gallery';
import { Pictures } from './pictures';
import type { RequestLog } from './requestLog';
import { respond } from './respond';
import type { Settings } from './settings';
import type { Work } from './work';

const CONTAINER = 'deepmode-user-image';

/** An error as Azure Blob Storage words it. */
class BlobError extends Error {
	constructor(
		readonly statusCode: number,
		readonly code: string,
		message: string,
	) {
		super(message);
	}
}

/** The host of the image files: Azure Blob Storage, another origin than the API. */
export class FileHost {
	readonly server: FastifyInstance;
	private readonly secret = randomBytes(32);
	private readonly pictures = new Pictures();

	constructor(
		private readonly settings: Settings,
		private readonly gallery: Gallery,
		faults: Faults,
		work: Work,
		log: RequestLog,
	) {
		this.server = fastify({ forceCloseConnections: true });
		log.attach(this.server);
		this.server.setErrorHandler<BlobError>((error, _request, reply) =>
			reply
				.code(error.statusCode ?? 500)
				.type('application/xml')
				.send(
					'<?xml version="1.0" encoding="utf-8"?>' +
						`<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`,
				),
		);
		this.server.get<{ Params: { fileName: string }; Querystring: Record<string, string> }>(
			`/${CONTAINER}/:fileName`,
			async ({ params: { fileName }, query, headers }, reply) => {
				const image = this.gallery.imageOfFile(fileName);
				const fault = image && faults.forRequest('file', image.id);
				return await respond(reply, work, fault, () => {
					if (headers.authorization !== undefined) {
						throw new BlobError(
							400,
							'InvalidAuthenticationInfo',
							'Authentication information is not given in the correct format.',
						);
					}
					this.checkSignature(fileName, query);
					if (!image) throw new BlobError(404, 'BlobNotFound', 'The blob does not exist.');
					return this.pictures.of(image);
				});
			},
		);
	}

	/** @throws if there is no such image */
	async picture(imageId: string): Promise<Buffer> {
		const image = this.gallery.image(imageId);
		if (!image) throw new Error(`There is no image ${imageId}`);
		return await this.pictures.of(image);
	}

	/** A fresh URL of a file, signed like the ones in DeepMode's docs. */
	url(fileName: string): string {
		const now = Date.now();
		const query = new URLSearchParams({
			st: isoSeconds(now + this.settings.urlDelayMs),
			se: isoSeconds(now + this.settings.urlLifetimeMs),
			sp: 'r',
			sv: '2023-11-03',
			sr: 'b',
		});
		query.append('sig', this.signature(fileName, Object.fromEntries(query)));
		return `${this.server.listeningOrigin}/${CONTAINER}/${encodeURIComponent(fileName)}?${query}`;
	}

	/** @throws BlobError 403 if the signature is missing or wrong, or it is not its time */
	private checkSignature(fileName: string, query: Record<string, string>): void {
		const now = Date.now();
		const isTime = Date.parse(query.st ?? '') <= now && now < Date.parse(query.se ?? '');
		if (!isTime || query.sig !== this.signature(fileName, query)) {
			throw new BlobError(
				403,
				'AuthenticationFailed',
				'Server failed to authenticate the request. Make sure the value of Authorization header' +
					' is formed correctly including the signature.',
			);
		}
	}

	private signature(fileName: string, query: Record<string, string>): string {
		const { st, se, sp, sv, sr } = query;
		const signed = [fileName, st, se, sp, sv, sr].join('\n');
		return createHmac('sha256', this.secret).update(signed).digest('base64');
	}
}

/** Azure's times are in whole seconds. */
const isoSeconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
