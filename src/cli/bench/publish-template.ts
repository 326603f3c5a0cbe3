// One PUBLISH, encoded once, of which thousands of copies go out: only stamp and Packet Identifier are written into each.
// The stamp is the beginning of the payload: whose message it is, its number, when it was sent.
//
//   bytes 0-3 run | 4-7 stream | 8-11 sequence | 12-15 microseconds      all big-endian, the rest is filler

import { encodePacket } from '../../wire/mqtt/encode.ts'
import { PacketType, type ProtocolVersion, type Qos } from '../../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'

/** Bytes of the stamp, and so of the smallest payload that can be judged. */
export const STAMP_SIZE = 16

export interface TemplateOptions {
  readonly version: ProtocolVersion
  readonly topicName: string
  readonly qos: Qos
  readonly retain: boolean
  /** Payload bytes. */
  readonly size: number
  /** Identity of this run of the program. */
  readonly run: number
  readonly stream: number
}

export class PublishTemplate {
  readonly bytes: Uint8Array
  /** Where the Packet Identifier lies; -1 with QoS 0. */
  readonly idAt: number
  /** Where the stamp lies; -1 where the payload is too small for it. */
  readonly stampAt: number

  /** Throws UsageError for what cannot be encoded. */
  constructor({ version, topicName, qos, retain, size, run, stream }: TemplateOptions) {
    const payload = new Uint8Array(size).fill(0x7a)
    this.bytes = encodePacket(
      { type: PacketType.Publish, dup: false, qos, retain, topicName, packetId: qos > 0 ? 1 : 0, payload, properties: NO_PROPERTIES },
      version,
    )
    const payloadAt = this.bytes.length - size
    this.idAt = qos > 0 ? payloadAt - (version === 5 ? 3 : 2) : -1 // behind it only an empty Property Length, in 5.0
    this.stampAt = size < STAMP_SIZE ? -1 : payloadAt
    if (this.stampAt < 0) return
    writeUint32(this.bytes, payloadAt, run)
    writeUint32(this.bytes, payloadAt + 4, stream)
  }
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
