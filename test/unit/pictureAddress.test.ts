import { problemWithAddress } from '../../nodes/shared/files/pictureAddress';

it.each([
	'https://deepmodeimage.blob.core.windows.net/a?sig=1',
	'https://images.example.com:8443/a',
	'https://172.32.0.1/',
	'https://8.8.8.8/',
	'https://[2606:4700::1111]/',
	'https://[::ffff:8.8.8.8]/',
	'https://localhost.example.com/',
])('%s may be fetched', (url) => {
	expect(problemWithAddress(new URL(url))).toBeUndefined();
});

it.each([
	['http', 'http://images.example.com/'],
	['a file', 'file:///etc/passwd'],
	['FTP', 'ftp://images.example.com/'],
	['data', 'data:image/png;base64,AAAA'],
])('%s may not: only https is fetched', (_, url) => {
	expect(problemWithAddress(new URL(url))).toContain('no https URL');
});

it.each([
	['loopback', 'https://127.0.0.1/'],
	['loopback as a number', 'https://2130706433/'],
	['loopback in hexadecimal', 'https://0x7f.1/'],
	['loopback of IPv6', 'https://[::1]/'],
	['a mapped loopback', 'https://[::ffff:127.0.0.1]/'],
	['any address', 'https://0.0.0.0/'],
	['any address of IPv6', 'https://[::]/'],
	['a private network', 'https://10.0.0.8/'],
	['another private network', 'https://172.31.255.255/'],
	['a home network', 'https://192.168.1.1/'],
	['a mapped home network', 'https://[::ffff:c0a8:101]/'],
	['a carrier’s network', 'https://100.64.0.1/'],
	['the metadata of a cloud', 'https://169.254.169.254/latest/meta-data'],
	['the same through NAT64', 'https://[64:ff9b::a9fe:a9fe]/'],
	['the same through 6to4', 'https://[2002:a9fe:a9fe::]/'],
	['the same through Teredo', 'https://[2001:0:a9fe:a9fe::]/'],
	['the same, translated', 'https://[::ffff:0:a9fe:a9fe]/'],
	['a link-local network', 'https://[fe80::1]/'],
	['a unique local network', 'https://[fd00:ec2::254]/'],
	['a multicast address', 'https://224.0.0.1/'],
	['localhost', 'https://localhost:5678/'],
	['localhost with a dot', 'https://LOCALHOST./'],
	['a name of localhost', 'https://n8n.localhost/'],
	['a name without a dot', 'https://redis/'],
	['a name of a cloud', 'https://metadata.google.internal/'],
	['a name of a local network', 'https://printer.local/'],
])('%s is nobody’s on the internet', (_, url) => {
	expect(problemWithAddress(new URL(url))).toContain('private network');
});
