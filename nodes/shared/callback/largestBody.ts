/** The largest body that is read, in bytes: DeepMode's, with eight images at most, have some thousand. */
export const LARGEST_BODY = 1_000_000;
