const { dest, parallel, src } = require('gulp');

const copyIcons = () => src('icons/*.svg').pipe(dest('dist/icons'));

// Codex files and output schemas lie beside their nodes, in the source as in the package.
const copyNodeData = () => src('nodes/**/*.json').pipe(dest('dist/nodes'));

exports.default = parallel(copyIcons, copyNodeData);
