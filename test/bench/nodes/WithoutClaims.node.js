const { DeepMode } = require('n8n-nodes-deepmode/dist/nodes/DeepMode/DeepMode.node.js');

/** The node on an n8n that has nothing to remember by: it claims within its own process only. */
class WithoutClaims extends DeepMode {
	constructor() {
		super();
		// n8n takes icons from the package of a node only.
		this.description = { ...this.description, name: 'withoutClaims', icon: undefined };
	}

	async execute() {
		const helpers = { ...this.helpers, checkProcessedAndRecord: undefined };
		return await super.execute.call(Object.create(this, { helpers: { value: helpers } }));
	}
}

module.exports = { WithoutClaims };
