import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { ImageRecord, Ratio } from './gallery';

/** DeepMode's super-resolution is ×4 (DeepMode docs: Generate Image). */
const SCALE = 4;
const WIDTH = 256;
const HEIGHT: Record<Ratio, number> = { square: 256, portrait: 384 };

/** The images' files as JPEG, made when they are first fetched. */
export class Pictures {
	private readonly sources = new Map<string, Promise<Buffer>>();
	private readonly enlarged = new Map<string, Promise<Buffer>>();

	/** The file of an image as it is now: the source or, once it is upscaled, that enlarged. */
	of(image: ImageRecord): Promise<Buffer> {
		return image.upscaled
			? cached(this.enlarged, image.id, async () => await enlarge(await this.source(image)))
			: this.source(image);
	}

	private source(image: ImageRecord): Promise<Buffer> {
		return cached(this.sources, image.id, async () => await paint(image));
	}
}

function cached<T>(cache: Map<string, T>, key: string, make: () => T): T {
	const value = cache.get(key) ?? make();
	cache.set(key, value);
	return value;
}

/** A landscape with mountains and a river, whose colours and sun differ by image. */
async function paint({ id, ratio }: ImageRecord): Promise<Buffer> {
	const height = HEIGHT[ratio];
	const [hue = 0, sunX = 0, sunY = 0] = createHash('sha256').update(id).digest();
	const colour = (turn: number, light: number) => `hsl(${(hue * 360) / 256 + turn},60%,${light}%)`;
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}">
		<linearGradient id="sky" x2="0" y2="1">
			<stop stop-color="${colour(0, 40)}"/><stop offset="1" stop-color="${colour(60, 85)}"/>
		</linearGradient>
		<rect width="100%" height="100%" fill="url(#sky)"/>
		<circle cx="${40 + sunX * 0.7}" cy="${40 + sunY * 0.3}" r="24" fill="${colour(40, 90)}"/>
		<svg viewBox="0 0 256 256" y="${height - 256}" height="256">
			<path d="M0 190 70 90 130 170 190 110 256 200V256H0Z" fill="${colour(200, 30)}"/>
			<path d="M120 180C160 200 60 220 130 256H190C110 220 190 205 120 180" fill="${colour(0, 70)}"/>
		</svg>
	</svg>`;
	return await sharp(Buffer.from(svg)).jpeg().toBuffer();
}

async function enlarge(source: Buffer): Promise<Buffer> {
	return await sharp(source)
		.resize({ width: WIDTH * SCALE, kernel: 'lanczos3' })
		.jpeg()
		.toBuffer();
}
