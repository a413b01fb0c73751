const { isMainThread } = require('node:worker_threads');

const FORCE_AFTER_MS = 5000;

/**
 * Preloaded into n8n. Its stdin is a pipe from the process that started it, which the operating
 * system closes when that process ends, however it ends: then n8n ends too. A handler in the
 * starting process would not run when it is killed, nor inside jest.
 *
 * Node preloads this into n8n's worker threads too, whose stdin is another.
 */
if (isMainThread) {
	process.stdin.resume().on('end', () => {
		process.kill(process.pid, 'SIGTERM');
		setTimeout(() => process.exit(1), FORCE_AFTER_MS).unref();
	});
}
