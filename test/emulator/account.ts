import type { Callbacks } from './callbacks';
import type { Faults } from './faults';
import type { FileHost } from './files';
import type { Gallery, ImageRecord, Ratio } from './gallery';
import type { Ledger } from './ledger';
import type { Settings } from './settings';
import type { Work } from './work';

/** Credits per image (DeepMode docs: Upscale Image). */
const UPSCALE_CREDITS = 3;
/** Credits per image (DeepMode docs: Generate Image). */
const GENERATE_CREDITS = 1;

export interface UpscaleParameters {
	image_id: string;
	callback?: string;
}

export interface GenerateParameters {
	model_id: string;
	prompt: string;
	negative_prompt?: string;
	num_images?: number;
	upscale?: boolean;
	ratio?: Ratio;
	callback?: string;
}

/** DeepMode's no; the docs tell neither statuses nor bodies, so these are the usual ones. */
export class Refusal extends Error {
	constructor(
		readonly statusCode: number,
		message: string,
	) {
		super(message);
	}
}

/** What DeepMode does for an account, without the HTTP. */
export class Account {
	constructor(
		private readonly settings: Settings,
		private readonly gallery: Gallery,
		private readonly ledger: Ledger,
		private readonly files: FileHost,
		private readonly callbacks: Callbacks,
		private readonly faults: Faults,
		private readonly work: Work,
	) {}

	/**
	 * Charges and starts an upscale. An image that is upscaled already is charged again: the docs
	 * do not say, and this is the worst case.
	 * @returns the promise of the image object or, with a callback, the acknowledgement
	 * @throws Refusal 404 for an unknown image, 402 when credits do not suffice
	 */
	upscale({ image_id, callback }: UpscaleParameters): unknown {
		const image = this.find(image_id);
		this.charge('upscale', [image], UPSCALE_CREDITS);
		return this.perform(image_id, callback, 'Upscaling images...', () => {
			const fault = this.faults.forWork(image_id);
			if (fault) return fault.gaveUp;
			image.upscaled = true;
			return this.imageObject(image);
		});
	}

	/**
	 * Charges and starts a generate; its images are in the gallery when it is done.
	 * @returns the promise of the images or, with a callback, the acknowledgement
	 * @throws Refusal 404 for an unknown model, 402 when credits do not suffice
	 */
	generate(parameters: GenerateParameters): unknown {
		const { model_id, prompt, callback } = parameters;
		const {
			negative_prompt = '',
			num_images = 1,
			upscale = false,
			ratio = 'portrait',
		} = parameters;
		if (!this.gallery.hasModel(model_id)) throw new Refusal(404, 'Model not found');
		const fields = { model_id, prompt, negative_prompt, upscaled: upscale, ratio };
		const images = Array.from({ length: num_images }, () => this.gallery.newImage(fields));
		this.charge('generate', images, GENERATE_CREDITS + (upscale ? UPSCALE_CREDITS : 0));
		return this.perform(model_id, callback, 'Generating images...', () => {
			for (const image of images) this.gallery.addImage(image);
			return this.inShape(images.map((image) => this.imageObject(image)));
		});
	}

	/**
	 * @returns the image object with a fresh `image_url`
	 * @throws Refusal 404 for an unknown image
	 */
	retrieve(id: string): unknown {
		return this.imageObject(this.find(id));
	}

	balance(): unknown {
		return { remaining_balance: this.ledger.balance };
	}

	private find(id: string): ImageRecord {
		const image = this.gallery.image(id);
		if (!image) throw new Refusal(404, 'Image not found');
		return image;
	}

	private charge(operation: 'upscale' | 'generate', images: ImageRecord[], credits: number): void {
		const ids = images.map((image) => image.id);
		if (!this.ledger.charge(operation, ids, credits)) {
			throw new Refusal(402, `You do not have enough credits to ${operation} images.`);
		}
	}

	private perform(
		key: string,
		callback: string | undefined,
		acknowledgement: string,
		finish: () => unknown,
	): unknown {
		const working = this.work.start(async () => {
			const { workMs } = this.settings;
			await this.work.wait(typeof workMs === 'function' ? workMs(key) : workMs);
			const result = finish();
			if (callback !== undefined) await this.callbacks.call(callback, key, result);
			return result;
		});
		return callback === undefined ? working : { message: acknowledgement };
	}

	private imageObject(image: ImageRecord): object {
		return { ...image, image_url: this.files.url(image.file_name) };
	}

	private inShape(images: object[]): unknown {
		const { generateShape } = this.settings;
		if (generateShape === 'images') return { images };
		return generateShape === 'object' && images.length === 1 ? images[0] : images;
	}
}
