import { randomBytes, randomInt, randomUUID } from 'node:crypto';

export type Ratio = 'square' | 'portrait';

/** An image as DeepMode keeps it: the image object without its `image_url`, which is made anew. */
export interface ImageRecord {
	id: string;
	file_name: string;
	model_id: string;
	prompt: string;
	negative_prompt: string;
	upscaled: boolean;
	ratio: Ratio;
}

/** The models and images of the account. */
export class Gallery {
	private readonly models = new Set<string>();
	private readonly images = new Map<string, ImageRecord>();
	private readonly fileNames = new Map<string, ImageRecord>();

	/** A model that is there from the start. */
	readonly modelId = this.addModel();

	addModel(id = newId()): string {
		this.models.add(id);
		return id;
	}

	hasModel(id: string): boolean {
		return this.models.has(id);
	}

	addImage(image: ImageRecord): void {
		this.images.set(image.id, image);
		this.fileNames.set(image.file_name, image);
	}

	image(id: string): ImageRecord | undefined {
		return this.images.get(id);
	}

	imageOfFile(fileName: string): ImageRecord | undefined {
		return this.fileNames.get(fileName);
	}

	/** An image that is not in the gallery yet: a generate's images are there when it is done. */
	newImage(fields: Partial<ImageRecord> = {}): ImageRecord {
		return {
			id: newId(),
			file_name: `${randomUUID()}.jpeg`,
			model_id: this.modelId,
			prompt: 'A beautiful landscape with mountains and a river.',
			negative_prompt: '',
			upscaled: false,
			ratio: 'portrait',
			...fields,
		};
	}
}

/** The IDs in DeepMode's docs are 21 to 24 hex characters. */
function newId(): string {
	return randomBytes(12).toString('hex').slice(0, randomInt(21, 25));
}
