// What the fingerprints and certificates of TLS are made of: MD5, object identifiers, DER; any bytes may stand where a certificate should.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { derAt, derValues } from '../../src/dissect/der.ts'
import { md5 } from '../../src/dissect/md5.ts'
import { identifierBytes, identifierLine, identifierName, identifierText } from '../../src/dissect/object-identifiers.ts'
import { isGrease } from '../../src/dissect/tls-cipher-suites.ts'

test.each([
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', '57edf4a22be3c955ac49da2e2107b67a'],
])('MD5 of "%s" is as RFC 1321 says', (text, digest) => {
  expect(md5(text)).toBe(digest)
})

test('texts that just fill a block, or just do not, are padded right', () => {
  expect(['a'.repeat(55), 'a'.repeat(56), 'a'.repeat(64)].map(md5)).toEqual([
    'ef1772b6dff9a122358552954ad0df65',
    '3b0c8ac703f828b04c6c197006d17218',
    '014842d480b571495a4a0363793f7367',
  ])
})

test('an object identifier is read as it is written', () => {
  const identifier = fc
    .tuple(fc.constantFrom(0, 1, 2), fc.nat(39), fc.array(fc.bigInt({ min: 0n, max: 1n << 58n }), { minLength: 1, maxLength: 12 }))
    .map(([first, second, rest]) => [first, second, ...rest].join('.'))
  fc.assert(
    fc.property(identifier, (text) => {
      expect(identifierText(identifierBytes(text)!)).toBe(text)
    }),
  )
})

test('names of object identifiers are those of Wireshark; others stand behind their root', () => {
  expect(identifierLine(Uint8Array.of(0x55, 4, 3))).toBe('2.5.4.3 (id-at-commonName)')
  expect(identifierName('1.3.101.112')).toBe('iso.3.101.112')
  expect(identifierName('2.23.140.1.2.1')).toBe('joint-iso-itu-t.23.140.1.2.1')
})

test.each(['', '3.1', '1', '1.40.1', 'a.b', '1..2', '1.2.', '2a:86'])('"%s" is no object identifier', (text) => {
  expect(identifierBytes(text)).toBeNull()
})

test('values of DER lie within the bytes, whatever these are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      let last = 0
      for (const { start, contents, end } of derValues(bytes, 0, bytes.length)) {
        expect(start).toBe(last)
        expect(contents).toBeGreaterThan(start)
        expect(end).toBeGreaterThanOrEqual(contents)
        expect(end).toBeLessThanOrEqual(bytes.length)
        last = end
      }
    }),
  )
})

test('lengths of several bytes are read; those without end or beyond the bytes are refused', () => {
  const long = new Uint8Array(3 + 200)
  long.set([0x30, 0x81, 200])
  expect(derAt(long, 0, long.length)).toEqual({ tag: 0x30, start: 0, contents: 3, end: 203 })
  expect(derAt(long, 0, long.length - 1)).toBeNull()
  expect(derAt(Uint8Array.of(0x30, 0x80, 0, 0), 0, 4)).toBeNull()
})

test('sixteen numbers are GREASE', () => {
  expect(Array.from({ length: 0x10000 }, (_, number) => number).filter(isGrease).length).toBe(16)
  expect([0x0a0a, 0xfafa, 0x1a0a, 0x0a1a].map(isGrease)).toEqual([true, true, false, false])
})
