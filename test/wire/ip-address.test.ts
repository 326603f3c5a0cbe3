// IP addresses: read as the system reads them, written as RFC 5952 wants them.

import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../src/wire/ip-address.ts'

test.each(['::', '::1', '1::', '2001:db8::7', '2001:db8:0:1:1:1:1:1', '2001:0:0:1::1', '::ffff:192.0.2.1', 'fe80::1:0:0:1', '1:2:3:4:5:6:7:8'])(
  '%s is written as it was read',
  (text) => {
    expect(formatIpv6(parseIpv6(text)!)).toBe(text)
  },
)

test('what is an address is what Node holds for one', () => {
  const words = fc.constantFrom('', '0', '1', 'ffff', 'FFFF', '00001', '12345', 'g', '1.2.3.4', '1.2.3', '256.1.1.1', '01.2.3.4', ' ')
  const texts = fc.tuple(fc.array(words, { minLength: 1, maxLength: 9 }), fc.constantFrom(':', '::', '.')).map(([parts, glue]) => parts.join(glue))
  const mixed = fc.array(fc.constantFrom(':', '::', '1', 'ab', '.', '9', '1.2.3.4'), { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(texts, mixed, fc.ipV4(), fc.ipV6()), (text) => {
      expect(parseIpv4(text) !== null, `IPv4 ${text}`).toBe(isIPv4(text))
      expect(parseIpv6(text) !== null, `IPv6 ${text}`).toBe(isIPv6(text))
    }),
    { numRuns: 3000 },
  )
})

test('an IPv6 address is written as in a URL, and read back', () => {
  const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 0xff, 0xa0), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list))
  fc.assert(
    fc.property(bytes, (address) => {
      const text = formatIpv6(address)
      expect(parseIpv6(text)).toEqual(address)
      if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
    }),
    { numRuns: 1000 },
  )
  expect(formatIpv4(Uint8Array.of(9, 192, 0, 2, 255), 1)).toBe('192.0.2.255')
})
