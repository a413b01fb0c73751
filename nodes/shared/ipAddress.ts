const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** An IPv4 address is the end of an IPv6 address, so that `::ffff:10.0.0.1` is `10.0.0.1`. */
const IPV4_BITS = 32;
const IPV6_BITS = 128;

/**
 * Whether an IP address is in a range.
 *
 * @param address IPv4 or IPv6; anything else is in no range
 * @param range an address, or a network such as "10.0.0.0/8"; anything else has nothing in it
 */
export function isInRange(address: string, range: string): boolean {
	const [network = '', prefix] = range.trim().split('/');
	const [ip, base] = [toNumber(address), toNumber(network)];
	const bits = IPV4.test(network) ? IPV4_BITS : IPV6_BITS;
	const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
	if (ip === undefined || base === undefined || !(length <= bits)) return false;
	const free = BigInt(bits - length);
	return ip >> free === base >> free;
}

/** Whether a text is an IP address. */
export function isIpAddress(text: string): boolean {
	return toNumber(text) !== undefined;
}

/** All addresses as those of IPv6. */
function toNumber(address: string): bigint | undefined {
	const url = `http://[${IPV4.test(address) ? `::ffff:${address}` : address.replace(/%.*/, '')}]/`;
	if (!URL.canParse(url)) return undefined;
	// The parser has made it hexadecimal groups, with "::" for a row of zeros.
	const [head = [], tail = []] = new URL(url).hostname
		.slice(1, -1)
		.split('::')
		.map((part) => part.split(':').filter(Boolean));
	const zeros = Array<string>(8 - head.length - tail.length).fill('0');
	const groups = [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0'));
	return BigInt(`0x${groups.join('')}`);
}
