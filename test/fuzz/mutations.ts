// Bytes that were right once: changed, cut out, inserted, repeated, torn apart.
// What they are mutated from is the target's affair (targets.ts).

import fc from 'fast-check'

interface Mutation {
  readonly how: 'set' | 'flip' | 'insert' | 'remove' | 'repeat' | 'extreme' | 'lengthen'
  /** Taken modulo the length. */
  readonly at: number
  readonly value: number
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  how: fc.constantFrom('set', 'flip', 'insert', 'remove', 'repeat', 'extreme', 'lengthen'),
  at: fc.nat(10_000),
  value: fc.nat(255),
})

/** Mostly `healthy` with a few mutations, sometimes untouched, sometimes nothing but random bytes. */
export function mutated(healthy: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(healthy, fc.array(mutation, { minLength: 1, maxLength: 5 })).map(([bytes, list]) => applied(bytes, list)) },
    { weight: 1, arbitrary: healthy },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)) },
  )
}

function applied(healthy: Uint8Array, list: readonly Mutation[]): Uint8Array {
  const bytes = [...healthy]
  for (const { how, at, value } of list) {
    const place = bytes.length === 0 ? 0 : at % bytes.length
    switch (how) {
      case 'set':
        bytes[place] = value
        break
      case 'flip':
        bytes[place] = (bytes[place] ?? 0) ^ (1 << (value & 7))
        break
      case 'insert':
        bytes.splice(place, 0, value)
        break
      case 'remove':
        bytes.splice(place, 1 + (value & 7))
        break
      case 'repeat':
        bytes.splice(place, 0, ...bytes.slice(place, place + 1 + (value & 31)))
        break
      case 'lengthen': {
        // a variable byte integer in more bytes than needed: mostly the first packet's Remaining Length
        const length = value < 128 ? 1 : place
        bytes.splice(length, 1, (bytes[length] ?? 0) | 0x80, 0)
        break
      }
      case 'extreme': // lengths and counts
        for (let i = 0; i < 1 + (value & 3); i++) bytes[place + i] = [0, 0xff, 0x7f, 0x80][value >> 6]!
        break
    }
  }
  return Uint8Array.from(bytes, (byte) => byte ?? 0)
}

/** Where to cut: lengths of the pieces. */
export const pieces: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

/** `bytes` in pieces of these lengths, over and over. */
export function torn(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!
    parts.push(bytes.slice(at, at + length))
    at += length
  }
  return parts
}
