/** What an upscale costs. Source: DeepMode docs, "Upscale Image". */
export const CREDITS_PER_UPSCALE = 3;
