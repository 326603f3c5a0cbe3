// Laws: the dissector and the strict decoder agree, and the dissector names every byte of a good packet once.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Demand } from '../../src/dissect/demand.ts'
import { Dissector } from '../../src/dissect/dissect.ts'
import { FIELDS, fieldsNamed } from '../../src/dissect/field.ts'
import type { Rows } from '../../src/dissect/rows.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { packet, SENDERS, VERSIONS } from '../wire/arbitraries.ts'
import { frameOf, tcpFrame } from './dissecting.ts'

/** Dissects packets, each of a new connection of this version, beyond Wireshark: it does not know the bit by which bridges mark their version. */
function rowsReader(version: ProtocolVersion): (bytes: Uint8Array) => Rows {
  const dissector = new Dissector({ demand: new Demand('everything', true), auto: true })
  const properties = version === 5 ? [0] : []
  const opening = Uint8Array.from([0x10, 12 + properties.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, version, 2, 0, 60, ...properties, 0, 0])
  let count = 0
  return (bytes) => {
    const seq = count * 10_000
    dissector.dissect(frameOf(tcpFrame({ seq, flags: 2 }), ++count))
    dissector.dissect(frameOf(tcpFrame({ seq: seq + 1, payload: opening }), ++count))
    return dissector.dissect(frameOf(tcpFrame({ seq: seq + 1 + opening.length, payload: bytes }), ++count)).rows
  }
}

/** Rows of the last protocol that have bytes and no rows of other bytes below them: those of bits count for nothing. */
function leaves(rows: Rows): { start: number; length: number }[] {
  const isAbove = new Set<number>()
  const own: number[] = []
  const MQTT = fieldsNamed('mqtt')[0]!.id
  for (let row = 0; row < rows.count; row++) {
    const field = FIELDS[rows.field[row]!]!
    const above = rows.parent[row]!
    if (field.protocol !== MQTT || field.mask !== undefined || rows.start[row]! < 0) continue
    if (above >= 0 && FIELDS[rows.field[above]!]!.protocol !== MQTT) continue
    own.push(row)
    isAbove.add(above)
  }
  return own.filter((row) => !isAbove.has(row) && rows.length[row]! > 0).map((row) => ({ start: rows.start[row]!, length: rows.length[row]! }))
}

for (const version of VERSIONS)
  for (const sender of SENDERS) {
    test(`rows tile each packet of version ${version} from a ${sender}`, () => {
      const rowsOf = rowsReader(version)
      fc.assert(
        fc.property(packet(version, sender), (original) => {
          const bytes = encodePacket(original, version)
          if (bytes.length > 1200) return
          const rows = rowsOf(bytes)
          let at = 54
          for (const { start, length } of leaves(rows)) {
            expect(start).toBe(at)
            at += length
          }
          expect(at).toBe(54 + bytes.length)
        }),
        { numRuns: 60 },
      )
    })

    test(`what the decoder accepts of version ${version} from a ${sender}, mutilated or not, bears no mark`, () => {
      const rowsOf = rowsReader(version)
      const MALFORMED = fieldsNamed('_ws.malformed')[0]!.id
      const mutilated = fc
        .tuple(packet(version, sender), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 2 }))
        .map(([original, changes]) => mutilate(encodePacket(original, version), changes))
      fc.assert(
        fc.property(mutilated, (bytes) => {
          if (bytes.length > 127) return
          const rows = rowsOf(bytes)
          if (!decodes(bytes, version, sender)) return
          for (let row = 0; row < rows.count; row++) expect(rows.field[row]).not.toBe(MALFORMED)
        }),
        { numRuns: 150 },
      )
    })
  }

test('a packet that lacks a byte bears a mark', () => {
  const rows = rowsReader(4)(Uint8Array.from([0x40, 1, 0]))
  const names = Array.from({ length: rows.count }, (_, row) => FIELDS[rows.field[row]!]!.name)
  expect(names).toContain('_ws.malformed')
})

/** Changes bytes behind the head, whose length stays right. */
function mutilate(bytes: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
  const changed = bytes.slice()
  for (const [at, value] of changes) if (2 + at < changed.length) changed[2 + at] = value
  return changed
}

function decodes(bytes: Uint8Array, version: ProtocolVersion, sender: (typeof SENDERS)[number]): boolean {
  try {
    decodePacket(bytes[0]!, bytes, 2, bytes.length, version, sender)
    return true
  } catch {
    return false
  }
}
