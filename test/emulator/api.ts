import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type Account, type GenerateParameters, Refusal, type UpscaleParameters } from './account';
import type { Faults, RequestOperation } from './faults';
import type { RequestLog } from './requestLog';
import { respond } from './respond';
import type { Settings } from './settings';
import type { Work } from './work';

const callback = { type: 'string', pattern: '^https?://' };

const upscaleSchema = {
	type: 'object',
	required: ['image_id'],
	properties: { image_id: { type: 'string' }, callback },
};

const generateSchema = {
	type: 'object',
	required: ['model_id', 'prompt'],
	properties: {
		model_id: { type: 'string' },
		prompt: { type: 'string' },
		negative_prompt: { type: 'string' },
		num_images: { type: 'integer', minimum: 1, maximum: 8 },
		upscale: { type: 'boolean' },
		ratio: { enum: ['portrait', 'square'] },
		callback,
	},
};

/** DeepMode's API as its public docs have it, over HTTP. */
export function createApi(
	settings: Settings,
	account: Account,
	faults: Faults,
	work: Work,
	log: RequestLog,
): FastifyInstance {
	const server = fastify({
		forceCloseConnections: true,
		routerOptions: { maxParamLength: 10_000 },
		// The body stays as it was sent: it is recorded, and a wrong type is to be noticed.
		ajv: {
			customOptions: {
				allErrors: true,
				coerceTypes: false,
				removeAdditional: false,
				useDefaults: false,
			},
		},
	});
	log.attach(server);
	server.addHook('preValidation', async ({ headers }) => {
		if (headers.authorization !== `Bearer ${settings.apiKey}`) {
			throw new Refusal(401, 'Could not validate credentials');
		}
	});
	server.addHook('preValidation', async (_request, reply) => {
		const left = settings.busyUntil - Date.now();
		if (left <= 0) return;
		reply.header('retry-after', Math.ceil(left / 1000));
		throw new Refusal(429, 'Too many requests');
	});
	const taken: number[] = [];
	server.addHook('preValidation', async () => {
		const now = Date.now();
		while ((taken[0] ?? now) <= now - 1000) taken.shift();
		if (taken.length >= settings.mostASecond) throw new Refusal(429, 'Too many requests');
		taken.push(now);
	});
	server.setErrorHandler<FastifyError>((error, _request, reply) => refuse(reply, error));

	const answer = async (
		reply: FastifyReply,
		on: RequestOperation,
		key: string,
		accept: () => unknown,
	) => await respond(reply, work, faults.forRequest(on, key), accept);

	server.post<{ Body: UpscaleParameters }>(
		'/api/images/upscale',
		{ schema: { body: upscaleSchema } },
		({ body }, reply) => answer(reply, 'upscale', body.image_id, () => account.upscale(body)),
	);
	server.post<{ Body: GenerateParameters }>(
		'/api/images/generate',
		{ schema: { body: generateSchema } },
		({ body }, reply) => answer(reply, 'generate', body.model_id, () => account.generate(body)),
	);
	server.get<{ Params: { id: string } }>('/api/images/:id', ({ params: { id } }, reply) =>
		answer(reply, 'retrieve', id, () => account.retrieve(id)),
	);
	server.get('/api/check-balance', (_request, reply) =>
		answer(reply, 'balance', '*', () => account.balance()),
	);
	return server;
}

/** Refuses as FastAPI does: `detail` is a sentence or, for a wrong body, a list of what is wrong. */
function refuse(reply: FastifyReply, error: FastifyError): FastifyReply {
	if (error.validation) {
		const detail = error.validation.map(({ instancePath, params, message }) => ({
			loc: ['body', ...instancePath.split('/').slice(1), params.missingProperty ?? []].flat(),
			msg: message,
		}));
		return reply.code(422).send({ detail });
	}
	const unreadable = error.code?.startsWith('FST_ERR_CTP_');
	if (unreadable) return reply.code(422).send({ detail: [{ loc: ['body'], msg: error.message }] });
	return reply.code(error.statusCode ?? 500).send({ detail: error.message });
}
