// UTF-8 both ways, against the platform's own encoder and decoder.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/wire/errors.ts'
import { checkUtf8, isText, readUtf8, utf8Length, writeUtf8 } from '../../src/wire/text.ts'
import { characters } from './arbitraries.ts'
import { fromHex } from './framing.ts'

const encoder = new TextEncoder()

/** UTF-16 code units in any order: halves of surrogate pairs as well. */
const units = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes))

test('what is written is what the platform writes, also for halves of surrogate pairs', () => {
  fc.assert(
    fc.property(fc.oneof(characters(60), units), (text) => {
      const expected = encoder.encode(text)
      const out = new Uint8Array(expected.length + 4).fill(0xee)
      expect(utf8Length(text)).toBe(expected.length)
      expect(writeUtf8(text, out, 2)).toBe(2 + expected.length)
      expect([...out]).toEqual([0xee, 0xee, ...expected, 0xee, 0xee])
      expect(isText(text)).toBe(!text.includes('\0') && isWellFormed(text))
    }),
    { numRuns: 500 },
  )
})

function isWellFormed(text: string): boolean {
  return [...text].every((character) => character.length === 2 || character < '\ud800' || character > '\udfff')
}

test('what is read is what the platform reads, and refused is what it refuses [MQTT-1.5.4-1]', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const start = fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x8f, 0x90)
  const fragment = fc.oneof(
    fc.array(start, { maxLength: 5 }),
    characters(30).map((text) => [...encoder.encode(text.replaceAll('\0', ''))]),
  )
  let refused = 0
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 3 }), (fragments) => {
      const bytes = Uint8Array.from([1, ...fragments.flat(), 0xff])
      let expected: string | null = null
      try {
        expected = strict.decode(bytes.subarray(1, -1))
      } catch {
        refused++
      }
      if (expected === null)
        expect(() => readUtf8(bytes, 1, bytes.length - 1, false)).toThrow(expect.objectContaining({ reasonCode: 0x81, clause: 'MQTT-1.5.4-1' }))
      else expect(readUtf8(bytes, 1, bytes.length - 1, false)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
  expect(refused).toBeGreaterThan(200)
})

test('U+0000 is refused wherever it stands and whoever sends it [MQTT-1.5.4-2]', () => {
  for (const bytes of ['00', "'a' 00", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 00 'b'", 'c3a9 00']) {
    for (const strict of [true, false])
      expect(() => checkUtf8(fromHex(bytes), 0, fromHex(bytes).length, strict)).toThrow(expect.objectContaining({ reasonCode: 0x81, clause: 'MQTT-1.5.4-2' }))
  }
})

test('ill-formed: stray and missing continuations, overlong forms, surrogates, beyond U+10FFFF [MQTT-1.5.4-1]', () => {
  for (const bytes of [
    '80',
    'bf',
    'c0af',
    'c1bf',
    'c2',
    'c341',
    'e08080',
    'e09fbf',
    'eda080',
    'edbfbf',
    'e282',
    'f0808080',
    'f08fbfbf',
    'f4908080',
    'f5808080',
    'fe',
    'ff',
    'f09f98',
  ]) {
    expect(() => readUtf8(fromHex(bytes), 0, fromHex(bytes).length, false), bytes).toThrow(ProtocolError)
  }
  for (const bytes of ['7e', 'c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'efbfbf', 'f0908080', 'f48fbfbf'])
    expect(readUtf8(fromHex(bytes), 0, fromHex(bytes).length, false), bytes).toHaveLength(bytes.startsWith('f') && bytes.length === 8 ? 2 : 1)
})

test('U+FEFF is kept, at the start too [MQTT-1.5.4-3]', () => {
  expect(readUtf8(fromHex('efbbbf'), 0, 3)).toBe('\ufeff')
  expect(readUtf8(fromHex("efbbbf 'a'"), 0, 4)).toBe('\ufeffa')
})

test('control characters and non-characters are refused when strict, with the offset of the character', () => {
  const refused = [0x01, 0x1f, 0x7f, 0x80, 0x9f, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x10ffff]
  const taken = [0x20, 0x7e, 0xa0, 0xfdcf, 0xfdf0, 0xfffd, 0x1fffd, 0x10fffd]
  for (const code of refused) {
    const bytes = encoder.encode(`ab${String.fromCodePoint(code)}c`)
    expect(() => checkUtf8(bytes, 0, bytes.length), code.toString(16)).toThrow(expect.objectContaining({ reasonCode: 0x81, offset: 2 }))
    expect(() => checkUtf8(bytes, 0, bytes.length, false), code.toString(16)).not.toThrow()
  }
  for (const code of taken) {
    const bytes = encoder.encode(String.fromCodePoint(code))
    expect(() => checkUtf8(bytes, 0, bytes.length), code.toString(16)).not.toThrow()
  }
})
