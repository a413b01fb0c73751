/**
 * The limit: a loop over n8n's authenticated request helper, with the credential decrypted once, and
 * nothing else. It reads an item when it sends it, and so may pay before it meets a wrong one.
 */
class BareLoop {
	constructor() {
		this.description = {
			displayName: 'Bare Loop',
			name: 'bareLoop',
			group: ['transform'],
			version: 1,
			description: 'Only for benchmarks',
			defaults: { name: 'Bare Loop' },
			inputs: ['main'],
			outputs: ['main'],
			credentials: [{ name: 'deepModeApi', required: true }],
			properties: [
				{ displayName: 'Image ID', name: 'imageId', type: 'string', default: '' },
				{ displayName: 'Lanes', name: 'lanes', type: 'number', default: 10 },
			],
		};
	}

	async execute() {
		const type = 'deepModeApi';
		const data = await this.getCredentials(type);
		const output = [];
		const queue = this.getInputData().keys();
		const lane = async () => {
			for (const item of queue) {
				const response = await this.helpers.httpRequestWithAuthentication.call(
					this,
					type,
					{
						method: 'POST',
						url: `${data.baseUrl}/api/images/upscale`,
						body: { image_id: this.getNodeParameter('imageId', item) },
						json: true,
						returnFullResponse: true,
						ignoreHttpStatusErrors: true,
					},
					{ credentialsDecrypted: { id: '', name: '', type, data } },
				);
				output[item] = { json: response.body, pairedItem: { item } };
			}
		};
		const lanes = this.getNodeParameter('lanes', 0);
		await Promise.all(Array.from({ length: lanes }, lane));
		return [output];
	}
}

module.exports = { BareLoop };
