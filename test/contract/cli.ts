import { announce } from '../shared/progress';
import { askContract } from './contract';

/** `npm run contract`: asks the DeepMode API what its documentation leaves open. */
askContract(process.argv.slice(2), process.env, {
	input: process.stdin,
	output: process.stdout,
}).then(
	(takenWrongly) => process.exit(takenWrongly === 0 ? 0 : 1),
	(error: Error) => {
		announce(`Nothing more was asked: ${error.message}`);
		process.exit(1);
	},
);
