/**
 * The limit: a loop over n8n's authenticated request helper, ten in flight, with the credential
 * decrypted once, and nothing else.
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
			properties: [{ displayName: 'Image ID', name: 'imageId', type: 'string', default: '' }],
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
		await Promise.all(Array.from({ length: 10 }, lane));
		return [output];
	}
}

module.exports = { BareLoop };
