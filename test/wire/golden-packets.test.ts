// The golden vectors, both ways, through framer and decoder as a connection has them.

import { describe, expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { GOLDEN_PACKETS } from '../golden/packets.ts'
import { GOLDEN_READ_ONLY } from '../golden/packets-read-only.ts'
import { fromHex, hex, judge } from './framing.ts'

describe('bytes ↔ packet', () => {
  for (const { name, versions, sender, bytes, packet } of GOLDEN_PACKETS) {
    test.each(versions)(`${name}, version %i`, (version) => {
      expect(judge(fromHex(bytes), version, sender)).toEqual(packet)
      expect(hex(encodePacket(packet, version))).toBe(hex(fromHex(bytes)))
    })
  }
})

describe('read, but written otherwise', () => {
  for (const { name, versions, sender, bytes, packet } of GOLDEN_READ_ONLY) {
    test.each(versions)(`${name}, version %i`, (version) => {
      expect(judge(fromHex(bytes), version, sender)).toEqual(packet)
      expect(hex(encodePacket(packet, version))).not.toBe(hex(fromHex(bytes)))
    })
  }
})

test('the vectors hold every packet type of every version', () => {
  const seen = new Set(GOLDEN_PACKETS.flatMap(({ versions, packet }) => versions.map((version) => `${version}:${packet.type}`)))
  for (const version of [3, 4, 5])
    for (let type = 1; type <= (version === 5 ? 15 : 14); type++) expect(seen, `version ${version}, type ${type}`).toContain(`${version}:${type}`)
})
