// The bytes that a protocol was handed by the layer below. The row of a head (Ethernet, IP, TCP …) holds the head alone;
// what is searched in the protocol (`tcp contains "x"`) is its payload, too, up to the end of the packet that carries it.

import { UDP } from './datagram-fields.ts'
import { WEBSOCKET } from './http-fields.ts'
import { IP, IPV6 } from './ip-fields.ts'
import { ETH, NULL, PROVIDER_VLAN, SLL, VLAN } from './link-fields.ts'
import type { Rows } from './rows.ts'
import { TCP } from './tcp-fields.ts'
import { bytesOf } from './value.ts'

const LINKS: ReadonlySet<number> = new Set([ETH.protocol, VLAN.protocol, PROVIDER_VLAN.protocol, SLL.protocol, NULL.protocol])
const IPV6_HEAD = 40

/** The bytes of a protocol's row and those that follow it within its carrier. A view. */
export function protocolBytes(rows: Rows, row: number): Uint8Array {
  const end = endOf(rows, row)
  if (end < 0) return bytesOf(rows, row)
  return rows.sources[rows.source[row]!]!.subarray(rows.start[row]!, end)
}

/** Where the bytes handed to a protocol end; -1 = where its row ends. */
function endOf(rows: Rows, row: number): number {
  const field = rows.field[row]!
  if (LINKS.has(field)) return rows.sources[rows.source[row]!]!.length
  if (field === IP.protocol || field === IPV6.protocol) return packetEnd(rows, row)
  if (field === WEBSOCKET.protocol) return payloadEnd(rows, row)
  if (field !== TCP.protocol && field !== UDP.protocol) return -1
  for (let at = row - 1; at >= 0; at--)
    if (rows.field[at] === IP.protocol || rows.field[at] === IPV6.protocol)
      return rows.source[at] === rows.source[row] ? packetEnd(rows, at) : rows.sources[rows.source[row]!]!.length
  return -1
}

/** By the lengths of the head; a length of 0 is none. */
function packetEnd(rows: Rows, row: number): number {
  const bytes = rows.sources[rows.source[row]!]!
  const start = rows.start[row]!
  const isOld = rows.field[row] === IP.protocol
  const at = start + (isOld ? 2 : 4)
  if (at + 2 > bytes.length) return bytes.length
  const length = (bytes[at]! << 8) | bytes[at + 1]!
  return length === 0 ? bytes.length : Math.min(bytes.length, start + length + (isOld ? 0 : IPV6_HEAD))
}

/** The row is the head, the payload follows it. */
function payloadEnd(rows: Rows, row: number): number {
  const bytes = rows.sources[rows.source[row]!]!
  const start = rows.start[row]!
  const short = bytes[start + 1]! & 127
  let length = short
  if (short >= 126) {
    length = 0
    const last = start + (short === 126 ? 4 : 10)
    for (let at = start + 2; at < last; at++) length = length * 0x100 + bytes[at]!
  }
  return Math.min(bytes.length, start + rows.length[row]! + length)
}
