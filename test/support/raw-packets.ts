// Packets put together by hand, so that they may break every rule that our own encoder keeps.
// Bytes are written as hex digits; beside them the few shapes that need counting.

import type { ProtocolVersion } from '../../src/wire/mqtt/packet.ts'

/** Hex digits (spaces do not count), or bytes. */
export type Part = string | Uint8Array | readonly number[]

const encoder = new TextEncoder()

export function bytesOf(...parts: readonly Part[]): number[] {
  return parts.flatMap((part) => (typeof part === 'string' ? (part.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => Number.parseInt(pair, 16)) : [...part]))
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Length and text, or length and bytes. */
export function field(value: string | readonly number[]): number[] {
  const bytes = typeof value === 'string' ? encoder.encode(value) : value
  return [bytes.length >> 8, bytes.length & 255, ...bytes]
}

/** First byte, Remaining Length, body. */
export function frame(header: number, ...parts: readonly Part[]): number[] {
  const body = bytesOf(...parts)
  const length: number[] = []
  for (let rest = body.length; ; rest >>= 7) {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    if (rest <= 127) return [header, ...length, ...body]
  }
}

export interface ConnectFields {
  readonly name?: string
  readonly level?: number
  readonly flags?: number
  readonly keepAlive?: number
  /** Without their length; 5.0 only. */
  readonly properties?: Part
  readonly clientId?: string | readonly number[]
  /** Everything behind the Client Identifier. */
  readonly rest?: Part
}

/** CONNECT of client `raw` with Clean Start and nothing else, but for what is said. */
export function connectFrame(version: ProtocolVersion, fields: ConnectFields = {}): number[] {
  const { name = version === 3 ? 'MQIsdp' : 'MQTT', level = version, flags = 2, keepAlive = 60, clientId = 'raw', rest = [] } = fields
  const properties = bytesOf(fields.properties ?? [])
  return frame(
    0x10,
    field(name),
    [level, flags, keepAlive >> 8, keepAlive & 255],
    version === 5 ? [properties.length, ...properties] : [],
    field(clientId),
    rest,
  )
}

/** The line of a CONNACK that accepts: Mosquitto's three properties in 5.0. */
export function welcome(version: ProtocolVersion, sessionPresent: 0 | 1 = 0): string {
  return `CONNACK ${sessionPresent} 0${version === 5 ? ' {"topicAliasMaximum":10,"maximumPacketSize":2000000,"receiveMaximum":20}' : ''}`
}

/** Lets promises that are kept already have their effect. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
