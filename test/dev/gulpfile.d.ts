declare module '*/gulpfile' {
	/** @returns a watcher */
	export function copyChanges(target: string): { close(): Promise<void> };
}
