import { isInRange, isIpAddress } from '../ipAddress';

/** Networks that are nobody's on the internet. Source: IANA's registries of special addresses. */
const SPECIAL_NETWORKS = [
	'0.0.0.0/8',
	'10.0.0.0/8',
	'100.64.0.0/10',
	'127.0.0.0/8',
	'169.254.0.0/16',
	'172.16.0.0/12',
	'192.0.0.0/24',
	'192.168.0.0/16',
	'198.18.0.0/15',
	'224.0.0.0/3',
	'::/96',
	'::ffff:0:0:0/96',
	'64:ff9b::/96',
	'64:ff9b:1::/48',
	'2001::/32',
	'2002::/16',
	'fc00::/7',
	'fe80::/9',
	'ff00::/8',
];

/** Names that are resolved within a machine or a network only, as are those without a dot. */
const LOCAL_NAME = /(^[^.]*|\.(localhost|local|localdomain|internal|intranet|lan|home\.arpa))\.?$/;

/**
 * What is wrong with where a picture is, as far as its address shows. DeepMode's are at a public host:
 * an address in n8n's own network would have n8n fetch for somebody what they must not see.
 *
 * @returns to follow after "the file could not be downloaded: "; nothing if it may be fetched
 */
export function problemWithAddress({ protocol, hostname }: URL): string | undefined {
	if (protocol !== 'https:') return `its URL is no https URL but starts with ${protocol}//`;
	const host = hostname.replace(/^\[|\]$/g, '');
	const isPrivate = isIpAddress(host)
		? SPECIAL_NETWORKS.some((network) => isInRange(host, network))
		: LOCAL_NAME.test(host);
	return isPrivate ? `its URL leads to ${host}, which is in a private network` : undefined;
}
