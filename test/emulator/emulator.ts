import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Account, type UpscaleParameters } from './account';
import { createApi } from './api';
import { Callbacks, type Delivery } from './callbacks';
import { type Fault, Faults } from './faults';
import { FileHost } from './files';
import { Gallery, type ImageRecord } from './gallery';
import { type Charge, Ledger } from './ledger';
import { type RecordedRequest, RequestLog } from './requestLog';
import type { GenerateShape, Settings } from './settings';
import { Work } from './work';

const HOST = '127.0.0.1';

export interface EmulatorOptions extends Partial<Settings> {
	/** The API's port on 127.0.0.1; the file host has one of its own. Default: any free one. */
	port?: number;
	/** The balance at the start. Default 100 000. */
	credits?: number;
	/** Called with each request to the API or the file host when it is over, answered or not. */
	onRequest?: (request: RecordedRequest) => void;
}

/** DeepMode's documented API over real HTTP, with an account, its gallery and its ledger. */
export class Emulator implements Settings {
	apiKey: string;
	workMs: number | ((id: string) => number);
	urlLifetimeMs: number;
	urlDelayMs: number;
	generateShape: GenerateShape;
	busyUntil: number;
	mostASecond: number;
	callbackRepeats: number;

	/** The API's requests in the order they came. */
	readonly requests: RecordedRequest[];
	/** The file host's requests in the order they came. */
	readonly fileRequests: RecordedRequest[];
	/** Every delivery of a callback that was tried. */
	readonly callbacks: Delivery[];

	private readonly gallery = new Gallery();
	private readonly ledger: Ledger;
	private readonly faults = new Faults();
	private readonly work = new Work();
	private readonly log: RequestLog;
	private readonly files: FileHost;
	private readonly api: FastifyInstance;

	/** Use `startEmulator`. */
	constructor(options: EmulatorOptions) {
		this.apiKey = options.apiKey ?? `dm_test_${randomBytes(12).toString('hex')}`;
		this.workMs = options.workMs ?? 0;
		this.urlLifetimeMs = options.urlLifetimeMs ?? 60 * 60 * 1000;
		this.urlDelayMs = options.urlDelayMs ?? 0;
		this.generateShape = options.generateShape ?? 'array';
		this.busyUntil = options.busyUntil ?? 0;
		this.mostASecond = options.mostASecond ?? Infinity;
		this.callbackRepeats = options.callbackRepeats ?? 1;

		const { gallery, faults, work } = this;
		const callbacks = new Callbacks(this, faults, work);
		const fileLog = new RequestLog(options.onRequest);
		this.log = new RequestLog(options.onRequest);
		this.requests = this.log.requests;
		this.fileRequests = fileLog.requests;
		this.callbacks = callbacks.deliveries;

		this.ledger = new Ledger(options.credits ?? 100_000);
		this.files = new FileHost(this, gallery, faults, work, fileLog);
		const account = new Account(this, gallery, this.ledger, this.files, callbacks, faults, work);
		this.api = createApi(this, account, faults, work, this.log);
	}

	/** @throws if the port is taken */
	async listen(port = 0): Promise<void> {
		await this.api.listen({ host: HOST, port });
		await this.files.server.listen({ host: HOST, port: 0 });
	}

	/** Ends everything at once: work, timers, callbacks and open connections. */
	async close(): Promise<void> {
		this.work.close();
		await Promise.all([this.api.close(), this.files.server.close()]);
	}

	/** Resolves when all accepted work is done and all its callbacks are answered. */
	async settled(): Promise<void> {
		await this.work.settled();
	}

	/** The API's base URL, without a slash at the end. */
	get url(): string {
		return this.api.listeningOrigin;
	}

	/** The data of a DeepMode credential for it. */
	get credentials(): { apiKey: string; baseUrl: string } {
		return { apiKey: this.apiKey, baseUrl: this.url };
	}

	/** The file host's base URL: another origin, as in reality. */
	get filesUrl(): string {
		return this.files.server.listeningOrigin;
	}

	/** A model that is there from the start. */
	get modelId(): string {
		return this.gallery.modelId;
	}

	/** @returns the new model's ID */
	addModel(id?: string): string {
		return this.gallery.addModel(id);
	}

	/** @returns the emulator's own record: its `upscaled` changes when the image is upscaled */
	addImage(fields: Partial<ImageRecord> = {}): ImageRecord {
		const image = this.gallery.newImage(fields);
		this.gallery.addImage(image);
		return image;
	}

	/** Adds `count` images that have `fields` in common. */
	addImages(count: number, fields: Omit<Partial<ImageRecord>, 'id'> = {}): ImageRecord[] {
		return Array.from({ length: count }, () => this.addImage(fields));
	}

	/** The same, for a test that only wants their IDs. */
	addImageIds(...images: Parameters<Emulator['addImages']>): string[] {
		return this.addImages(...images).map(({ id }) => id);
	}

	/** The file of an image as it is now, byte for byte. */
	async picture(imageId: string): Promise<Buffer> {
		return await this.files.picture(imageId);
	}

	/**
	 * Queues a fault; those of one operation and key happen in the order they were queued.
	 * @param key the image's ID, for generate and its callback the model's, or `*` for any
	 */
	fault(key: string, fault: Fault): void {
		this.faults.add(key, fault);
	}

	/** Takes back all faults that have not happened yet. */
	clearFaults(): void {
		this.faults.clear();
	}

	/** The credits that are left. */
	get credits(): number {
		return this.ledger.balance;
	}

	set credits(balance: number) {
		this.ledger.balance = balance;
	}

	/** The credits that were charged since the start. */
	get spent(): number {
		return this.ledger.spent;
	}

	/** The requests that cost credits: upscale and generate. */
	get submits(): RecordedRequest[] {
		return this.requests.filter(({ method }) => method === 'POST');
	}

	/**
	 * Where it was last asked to call when an image is upscaled.
	 * @throws if it was not
	 */
	callbackOf(imageId: string): string {
		const bodies = this.submits.map(({ body }) => body as UpscaleParameters | undefined);
		const callback = bodies.findLast((body) => body?.image_id === imageId)?.callback;
		if (callback === undefined) throw new Error(`No callback was asked for image ${imageId}`);
		return callback;
	}

	/** Every charge, or those for one image. */
	charges(imageId?: string): Charge[] {
		return this.ledger.charges.filter(
			(charge) => imageId === undefined || charge.image_id === imageId,
		);
	}

	/** The most submits (upscale, generate) that were in flight at once; 0 starts anew. */
	get maxInFlight(): number {
		return this.log.maxInFlight;
	}

	set maxInFlight(count: number) {
		this.log.maxInFlight = count;
	}
}

/**
 * Starts an emulator; `close()` it in the end.
 * @throws if the port is taken
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
	const emulator = new Emulator(options);
	await emulator.listen(options.port);
	return emulator;
}
