// CBOR payloads as text: the examples of RFC 8949 Appendix A, and what is no CBOR.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cborText } from '../../src/print/cbor.ts'

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

test.each([
  ['00', '0'],
  ['1864', '100'],
  ['1bffffffffffffffff', '18446744073709551615'],
  ['20', '-1'],
  ['3bffffffffffffffff', '-18446744073709551616'],
  ['f90000', '0.0'],
  ['f98000', '-0.0'],
  ['f93c00', '1.0'],
  ['fb3ff199999999999a', '1.1'],
  ['f93e00', '1.5'],
  ['f97bff', '65504.0'],
  ['fa47c35000', '100000.0'],
  ['f90001', '5.960464477539063e-8'],
  ['f97c00', 'Infinity'],
  ['f97e00', 'NaN'],
  ['f4', 'false'],
  ['f6', 'null'],
  ['f7', 'undefined'],
  ['f0', 'simple(16)'],
  ['f8ff', 'simple(255)'],
  ['c074323031332d30332d32315432303a30343a30305a', '0("2013-03-21T20:04:00Z")'],
  ['4401020304', "h'01020304'"],
  ['62225c', '"\\"\\\\"'],
  ['83010203', '[1, 2, 3]'],
  ['a201020304', '{1: 2, 3: 4}'],
  ['a26161016162820203', '{"a": 1, "b": [2, 3]}'],
  ['5f42010243030405ff', "(_ h'0102', h'030405')"],
  ['7f657374726561646d696e67ff', '(_ "strea", "ming")'],
  ['9f018202039f0405ffff', '[_ 1, [2, 3], [_ 4, 5]]'],
  ['bf61610161629f0203ffff', '{_ "a": 1, "b": [_ 2, 3]}'],
])('%s is %s', (bytes, text) => {
  expect(cborText(hex(bytes))).toBe(text)
})

test.each(['', '18', '0000', '62ff', '7bffffffffffffffff', '61ff', 'ff', '1f', '5f6161ff', '9f', '9bffffffffffffffff', '1c', '81'.repeat(100)])(
  '%s is no CBOR',
  (bytes) => {
    expect(cborText(hex(bytes))).toBe(null)
  },
)

test('any bytes give a text or null', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => ['string', 'object'].includes(typeof cborText(bytes))))
})
