/** What of the package itself the answers are held against. */
export { parseBaseUrl } from '../../nodes/shared/baseUrl';
export { readSignedQuery, signCallbackUrl, verifyCallback } from '../../nodes/shared/callback';
export type { Answer, Reply } from '../../nodes/shared/client';
export { CREDITS_PER_UPSCALE } from '../../nodes/shared/credits';
export type { DeepModeImage } from '../../nodes/shared/image';
export { findImages, isRecord, isUpscaled } from '../../nodes/shared/image';
export { apiMessage, shorten } from '../../nodes/shared/apiMessage';
export { endsBatch } from '../../nodes/shared/messages';
export type { Outcome } from '../../nodes/shared/outcome';
export {
	judgeBalance,
	judgeGeneration,
	judgeLook,
	judgeSubmission,
	judgeUpscale,
} from '../../nodes/shared/outcome';
