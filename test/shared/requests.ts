import axios, { type AxiosResponse } from 'axios';

/** Posts JSON, or a text as it is; every status is an answer. */
export async function post<T>(
	url: string,
	body: unknown = {},
	headers: Record<string, string> = {},
): Promise<AxiosResponse<T>> {
	return await axios.post<T>(url, body, { headers, validateStatus: () => true });
}

/** @throws if there is no such file */
export async function fetchFile(url: unknown): Promise<Buffer> {
	const { data } = await axios.get<ArrayBuffer>(String(url), { responseType: 'arraybuffer' });
	return Buffer.from(data);
}
