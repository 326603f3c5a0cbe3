// The payload of a load message: who published it, where, with which QoS, as which of his, when; filled up to a size, guarded by a CRC.
// Text, so that a dump of a lost message can be read.

import { crc32 } from 'node:zlib'
import type { Qos } from '../../src/wire/mqtt/packet.ts'
import type { Told } from './history.ts'

const MARK = 'load'

export interface LoadPayload extends Told {
  /** Milliseconds of the publisher's clock. */
  readonly sentAt: number
}

/** At least `sizeBytes` long. No field may contain `|`. */
export function encodePayload({ publisher, topic, qos, sequence, sentAt }: LoadPayload, sizeBytes = 0): Uint8Array {
  const text = [MARK, publisher, topic, qos, sequence, sentAt.toFixed(3)].join('|')
  const body = Buffer.from(`${text}|`.padEnd(Math.max(text.length + 1, sizeBytes - 8), '.'))
  return Buffer.concat([body, Buffer.from(crc32(body).toString(16).padStart(8, '0'))])
}

/** Null when it is not one of ours, or damaged. */
export function decodePayload(payload: Uint8Array): LoadPayload | null {
  const all = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const body = all.subarray(0, -8)
  if (crc32(body) !== Number.parseInt(all.subarray(-8).toString('latin1'), 16)) return null
  const [mark, publisher, topic, qos, sequence, sentAt] = body.toString().split('|')
  if (mark !== MARK || publisher === undefined || topic === undefined || sentAt === undefined) return null
  return { publisher, topic, qos: Number(qos) as Qos, sequence: Number(sequence), sentAt: Number(sentAt) }
}
