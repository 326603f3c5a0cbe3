// A record in words: an object with named values, for `zanzara db dump`.
// Payloads are text where they are text, else base64.

import { decodePacket } from '../wire/mqtt/decode.ts'
import type { Publish } from '../wire/mqtt/packet.ts'
import { eachPacket } from './packets.ts'
import { readNumbers, readPackets, readRanges, readRecipients, readSession, readSubscription } from './read-records.ts'
import type { FieldReader } from './record-fields.ts'
import { DONE_REASONS, RECORD_NAMES, RecordType, WillEnd } from './record-types.ts'
import type { PacketsRecord } from './records.ts'

export type Description = Readonly<Record<string, unknown>>

/** Throws RecordError when it cannot be read. */
export function describeRecord(type: number, fields: FieldReader): Description {
  return { record: RECORD_NAMES[type] ?? `type ${type}`, ...describeFields(type, fields) }
}

function describeFields(type: number, fields: FieldReader): Description {
  switch (type) {
    case RecordType.Session: {
      const { detachedAt, listener, ...rest } = readSession(fields)
      return { ...rest, ...(listener == null ? {} : { listener }), detachedAt: timeOf(detachedAt) }
    }
    case RecordType.SessionEnded:
      return { session: fields.number() }
    case RecordType.Subscribed:
      return { ...readSubscription(fields) }
    case RecordType.Unsubscribed:
      return { session: fields.number(), topicFilter: fields.text() }
    case RecordType.Message: {
      const { isRetained, recipients } = readRecipients(fields)
      return { retained: isRetained, recipients, ...describePackets(readPackets(fields)) }
    }
    case RecordType.RetainedCleared:
      return { topic: fields.text() }
    case RecordType.Done: {
      const session = fields.number()
      const first = fields.number()
      const count = fields.number()
      const reason = fields.byte()
      return { session, first, count, reason: DONE_REASONS[reason] ?? reason }
    }
    case RecordType.Sent:
      return { session: fields.number(), upTo: fields.number() }
    case RecordType.Received:
      return { session: fields.number(), first: fields.number(), count: fields.number() }
    case RecordType.Unreleased:
      return { session: fields.number(), ranges: readRanges(fields), ...describePackets(readPackets(fields)) }
    case RecordType.Released:
      return { session: fields.number(), packetIds: readNumbers(fields) }
    case RecordType.Will:
      return { session: fields.number(), delay: fields.number(), ...describePackets(readPackets(fields)) }
    case RecordType.WillEnded:
      return { session: fields.number(), how: fields.byte() === WillEnd.Published ? 'published' : 'removed' }
    case RecordType.Trimmed:
      return { segment: fields.number() }
    case RecordType.Fence:
      return { epoch: fields.number() }
    default:
      return {}
  }
}

function describePackets(packets: PacketsRecord): Description {
  const messages: Description[] = []
  eachPacket(packets, (_index, at, body, next) => {
    messages.push(describePacket(packets, at, body, next))
  })
  const { version, clientId, userName, listener } = packets
  return {
    version,
    clientId,
    userName,
    ...(listener == null ? {} : { listener }),
    arrivedAt: timeOf(packets.arrivedAt),
    expiresAt: timeOf(packets.expiresAt),
    messages,
  }
}

/** A packet that the standard refuses, such as one without an identifier yet, is shown as it is. */
function describePacket({ bytes, version }: PacketsRecord, at: number, body: number, next: number): Description {
  try {
    const packet = decodePacket(bytes[at]!, bytes, body, next, version === 5 ? 5 : 4, 'server') as Publish
    const { topicName, qos, retain, packetId, payload, properties } = packet
    return { topic: topicName, qos, retain, packetId, ...describePayload(payload), ...(version === 5 ? { properties } : {}) }
  } catch (error) {
    return { fault: (error as Error).message, packetBase64: Buffer.from(bytes.subarray(at, next)).toString('base64') }
  }
}

/** `payload` when it is text, else `payloadBase64`. */
export function describePayload(payload: Uint8Array): Description {
  try {
    return { payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload) }
  } catch {
    return { payloadBase64: Buffer.from(payload).toString('base64') }
  }
}

/** Null stands for never, or not yet. */
function timeOf(ms: number): string | null {
  return ms === 0 || ms > 8.64e15 ? null : new Date(ms).toISOString()
}
