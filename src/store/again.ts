// A record of the oldest segment, appended again with what still counts of it; the rest is left behind.
// Marks need no second life: what they mark lies in the same segment or an older one, and is appended again as they left it.

import type { Journal } from './journal.ts'
import { packetIdsOf, topicOf } from './packets.ts'
import { readPackets, readRanges, readRecipients, readSession, readSubscription } from './read-records.ts'
import type { FieldReader } from './record-fields.ts'
import { RecordType } from './record-types.ts'
import { appendMessage, appendSession, appendSubscribed, appendUnreleased, appendWill, type RecipientRecord } from './records.ts'
import { type StoredState, sentUpToOf } from './stored-state.ts'

/** Where the record lies now. */
interface Here {
  readonly segment: number
  readonly offset: number
}

/** Appends the record again if it is live; true when it was. */
export function appendAgain(state: StoredState, journal: Journal, type: number, fields: FieldReader, here: Here): boolean {
  const slot = liveSlot(state, journal, type, fields, here)
  if (slot === -1) return false
  state.live.move(slot, journal.segment, journal.offset, journal.length)
  return true
}

/** Writes what is live; returns the slot of the record, -1 when nothing is. */
function liveSlot(state: StoredState, journal: Journal, type: number, fields: FieldReader, here: Here): number {
  switch (type) {
    case RecordType.Session: {
      const record = readSession(fields)
      const session = state.sessions.get(record.session)
      if (session === undefined || !isHere(state, session.slot, here)) return -1
      appendSession(journal, { ...record, nextNumber: session.nextNumber, sentUpTo: sentUpToOf(session, record.detachedAt) })
      return session.slot
    }
    case RecordType.Subscribed: {
      const record = readSubscription(fields)
      const slot = state.sessions.get(record.session)?.subscriptions.get(record.topicFilter)?.slot ?? -1
      if (!isHere(state, slot, here)) return -1
      appendSubscribed(journal, record)
      return slot
    }
    case RecordType.Message:
      return messageAgain(state, journal, fields, here)
    case RecordType.Unreleased:
      return unreleasedAgain(state, journal, fields, here)
    case RecordType.Will: {
      const number = fields.number()
      const delay = fields.number()
      const slot = state.sessions.get(number)?.will?.slot ?? -1
      if (!isHere(state, slot, here)) return -1
      appendWill(journal, number, delay, readPackets(fields))
      return slot
    }
    default:
      return -1
  }
}

function messageAgain(state: StoredState, journal: Journal, fields: FieldReader, here: Here): number {
  const { isRetained, recipients } = readRecipients(fields)
  const packets = readPackets(fields)
  let slot = -1
  const waiting: RecipientRecord[] = []
  for (const recipient of recipients) {
    const queue = state.sessions.get(recipient.session)?.queue
    if (queue === undefined) continue
    for (let packet = recipient.from; packet < recipient.to; packet++) {
      const message = queue.get(recipient.first + packet - recipient.from)
      if (message === null || !isHere(state, message.slot, here)) continue
      slot = message.slot
      const last = waiting.at(-1)
      if (
        last !== undefined &&
        last.session === recipient.session &&
        last.to === packet &&
        last.received === message.received &&
        last.first + last.to - last.from === message.number
      )
        waiting[waiting.length - 1] = { ...last, to: packet + 1 }
      else waiting.push({ ...recipient, from: packet, to: packet + 1, first: message.number, received: message.received })
    }
  }
  const retained = isRetained ? (state.retained.get(topicOf(packets)) ?? -1) : -1
  const staysRetained = isHere(state, retained, here)
  if (staysRetained) slot = retained
  if (slot !== -1) appendMessage(journal, packets, waiting, staysRetained)
  return slot
}

function unreleasedAgain(state: StoredState, journal: Journal, fields: FieldReader, here: Here): number {
  const number = fields.number()
  const session = state.sessions.get(number)
  const given = readRanges(fields)
  if (session === undefined || given.length === 0) return -1
  const packets = readPackets(fields)
  let slot = -1
  const ranges: number[] = []
  for (const [packet, packetId] of packetIdsOf(packets).entries()) {
    const place = session.unreleased.get(packetId)
    if (place === undefined || place % 65536 !== packet || !isHere(state, Math.floor(place / 65536), here)) continue
    slot = Math.floor(place / 65536)
    if (ranges.length > 0 && ranges.at(-2)! + ranges.at(-1)! === packet) ranges[ranges.length - 1]!++
    else ranges.push(packet, 1)
  }
  if (slot !== -1) appendUnreleased(journal, number, packets, ranges)
  return slot
}

function isHere(state: StoredState, slot: number, { segment, offset }: Here): boolean {
  return slot !== -1 && state.live.isAt(slot, segment, offset)
}
