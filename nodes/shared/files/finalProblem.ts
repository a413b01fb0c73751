/**
 * Why a file is not fetched, to follow after "the file could not be downloaded: ". Another try would
 * not bring it.
 */
export class FinalProblem extends Error {}
