// Records as they are read: fields in the order in which records.ts wrote them.
// Packets stay views of the bytes they were read from.

import type { Qos } from '../wire/mqtt/packet.ts'
import { type FieldReader, RecordError } from './record-fields.ts'
import type { PacketsRecord, RecipientRecord, SessionRecord, SubscriptionRecord } from './records.ts'

export function readSession(fields: FieldReader): SessionRecord {
  const session = fields.number()
  const clientId = fields.text()
  const flags = fields.byte()
  const userName = (flags & 1) === 0 ? null : fields.text()
  const listener = (flags & 2) === 0 ? null : fields.text()
  const version = fields.byte()
  const expiryInterval = fields.number()
  const detachedAt = fields.number()
  const nextNumber = fields.number()
  return { session, clientId, userName, version, expiryInterval, detachedAt, nextNumber, sentUpTo: fields.number(), listener }
}

export function readSubscription(fields: FieldReader): SubscriptionRecord {
  const session = fields.number()
  const options = fields.byte()
  if ((options & 3) === 3) throw new RecordError('a subscription with QoS 3')
  const identifier = fields.number()
  return {
    session,
    topicFilter: fields.text(),
    qos: (options & 3) as Qos,
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: options >> 4,
    identifier,
  }
}

/** Flags and recipients of a message; its packets follow. */
export function readRecipients(fields: FieldReader): { readonly isRetained: boolean; readonly recipients: readonly RecipientRecord[] } {
  const isRetained = (fields.byte() & 1) !== 0
  const count = fields.number()
  const recipients: RecipientRecord[] = []
  for (let i = 0; i < count; i++) {
    const session = fields.number()
    const first = fields.number()
    const from = fields.number()
    const to = from + fields.number()
    const flags = fields.byte()
    if ((flags & 3) === 3) throw new RecordError('a recipient with QoS 3')
    recipients.push({
      session,
      from,
      to,
      first,
      qos: (flags & 3) as Qos,
      retain: ((flags >> 2) & 1) as 0 | 1,
      received: (flags & 8) !== 0,
      identifiers: readIdentifiers(fields),
    })
  }
  return { isRetained, recipients }
}

export function readPackets(fields: FieldReader): PacketsRecord {
  const flags = fields.byte()
  const version = flags & 7
  if (version !== 4 && version !== 5) throw new RecordError(`packets of version ${version}`)
  const count = fields.number()
  const arrivedAt = fields.number()
  const expiresAt = fields.number()
  const clientId = (flags & 8) === 0 ? null : fields.text()
  const userName = (flags & 16) === 0 ? null : fields.text()
  const listener = (flags & 32) === 0 ? null : fields.text()
  const start = fields.at
  fields.at = fields.end
  return { bytes: fields.bytes, start, end: fields.end, version, count, arrivedAt, expiresAt, clientId, userName, listener }
}

/** Pairs of first packet and number of packets. */
export function readRanges(fields: FieldReader): number[] {
  const count = fields.number()
  const ranges: number[] = []
  for (let i = 0; i < count; i++) ranges.push(fields.number(), fields.number())
  return ranges
}

/** All numbers up to the record's end. */
export function readNumbers(fields: FieldReader): number[] {
  const numbers: number[] = []
  while (fields.at < fields.end) numbers.push(fields.number())
  return numbers
}

function readIdentifiers(fields: FieldReader): readonly number[] | null {
  const count = fields.number()
  if (count === 0) return null
  const identifiers: number[] = []
  for (let i = 0; i < count; i++) identifiers.push(fields.number())
  return identifiers
}
