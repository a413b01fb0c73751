const { dest, parallel, src, watch } = require('gulp');

const ICONS = 'icons/*.svg';

// Codex files and output schemas lie beside their nodes, in the source as in the package.
const NODE_DATA = 'nodes/**/*.json';

const copyAll = (target) =>
	parallel(
		function copyIcons() {
			return src(ICONS).pipe(dest(`${target}/icons`));
		},
		function copyNodeData() {
			return src(NODE_DATA).pipe(dest(`${target}/nodes`));
		},
	);

exports.default = copyAll('dist');

/** Copies what changes into another folder, until the watcher that comes back is closed. */
exports.copyChanges = (target) => watch([ICONS, NODE_DATA], copyAll(target));
