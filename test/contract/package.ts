/** What of the package itself the answers are held against. */
export { endsBatch } from '../../nodes/DeepMode/resources/image/messages';
export { apiMessage } from '../../nodes/shared/api/apiMessage';
export { parseBaseUrl } from '../../nodes/shared/api/baseUrl';
export type { Answer, Reply } from '../../nodes/shared/api/client';
export { CREDITS_PER_UPSCALE } from '../../nodes/shared/api/prices';
export type { DeepModeImage } from '../../nodes/shared/api/image';
export { findImages, isUpscaled } from '../../nodes/shared/api/image';
export type { Outcome } from '../../nodes/shared/api/outcome';
export {
	judgeBalance,
	judgeGeneration,
	judgeLook,
	judgeSubmission,
	judgeUpscale,
} from '../../nodes/shared/api/outcome';
export {
	CALLBACK_EVENTS,
	readSignedQuery,
	signingKey,
	signCallbackUrl,
	verifyCallback,
} from '../../nodes/shared/callback/signature';
export { isRecord } from '../../nodes/shared/isRecord';
export { shorten } from '../../nodes/shared/text';
