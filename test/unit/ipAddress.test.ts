import fc from 'fast-check';

import { isInRange, isIpAddress } from '../../nodes/shared/ipAddress';

it.each([
	['10.1.2.3', '10.0.0.0/8'],
	['10.1.2.3', ' 10.1.2.3 '],
	['::ffff:10.1.2.3', '10.0.0.0/8'],
	['::ffff:a01:203', '10.1.2.3'],
	['2001:db8::1', '2001:DB8::/32'],
	['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
	['fe80::1%eth0', 'fe80::/10'],
	['1.2.3.4', '0.0.0.0/0'],
	['::1', '::/0'],
])('%s is in %s', (address, range) => {
	expect(isInRange(address, range)).toBe(true);
});

it.each([
	['11.1.2.3', '10.0.0.0/8'],
	['10.1.2.3', '10.1.2.4'],
	['2001:db9::1', '2001:db8::/32'],
	['::1', '0.0.0.0/0'],
	['10.1.2.3', ''],
	['10.1.2.3', '10.0.0.0/33'],
	['10.1.2.3', '10.0.0.0/-1'],
	['10.1.2.3', '10.0.0.0/'],
	['10.1.2.3', '10.0.0.0/x'],
	['10.1.2.3', 'example.com'],
	['', '0.0.0.0/0'],
	['999.1.1.1', '0.0.0.0/0'],
	['example.com', '0.0.0.0/0'],
])('%s is not in %s', (address, range) => {
	expect(isInRange(address, range)).toBe(false);
});

it('knows an address in every spelling, and by a network of any length', () => {
	fc.assert(
		fc.property(fc.ipV4(), fc.ipV6(), fc.nat(32), (v4, v6, length) => {
			expect(isInRange(v4, v4)).toBe(true);
			expect(isInRange(`::ffff:${v4}`, `${v4}/${length}`)).toBe(true);
			expect(isInRange(v6.toUpperCase(), `${v6}/${length * 4}`)).toBe(true);
		}),
	);
});

it('takes no name for an address', () => {
	expect(['a.b', 'cafe', '1.2.3', ''].filter(isIpAddress)).toEqual([]);
});
