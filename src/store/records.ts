// Records as they are written: sized, then put into the journal's batch in place. One function per type; the layouts stand above them.
// `number` = up to 53 bits, seven to a byte, low first; `text` = number of bytes, UTF-8; times are wall clock in milliseconds.

import type { Qos } from '../wire/mqtt/packet.ts'
import type { Journal } from './journal.ts'
import { numberSize, textSize, writeNumber, writeText } from './record-fields.ts'
import { type DoneReason, RecordType, type WillEnd } from './record-types.ts'

/** A session as the journal knows it. */
export interface SessionRecord {
  /** Names the session in all its records; never used twice. */
  readonly session: number
  readonly clientId: string
  readonly userName: string | null
  /** 3, 4 or 5. */
  readonly version: number
  /** Seconds; 0xFFFFFFFF = for ever. */
  readonly expiryInterval: number
  /** When its connection ended; 0 while it is connected. */
  readonly detachedAt: number
  /** Name of the rules of the listener that it last used; null = not known. */
  readonly listener?: string | null
  /** The number that the next message gets; its Packet Identifier follows from it. */
  readonly nextNumber: number
  /** Messages with lower numbers have been sent. */
  readonly sentUpTo: number
}

export interface SubscriptionRecord {
  readonly session: number
  /** With `$share/NAME/`. */
  readonly topicFilter: string
  readonly qos: Qos
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
  /** 0 = none. */
  readonly identifier: number
}

/** Packets [from, to) of a message record, on their way to one session under the numbers from `first` on. */
export interface RecipientRecord {
  readonly session: number
  readonly from: number
  readonly to: number
  readonly first: number
  readonly qos: Qos
  readonly retain: 0 | 1
  /** Its PUBREC has come. */
  readonly received: boolean
  /** Subscription Identifiers. */
  readonly identifiers: readonly number[] | null
}

/** PUBLISH packets one after another, with the same first byte, topic and properties; borrowed while the record is written. */
export interface PacketsRecord {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** 4 or 5: how they are laid out. */
  readonly version: number
  readonly count: number
  readonly arrivedAt: number
  /** 0 = never. */
  readonly expiresAt: number
  /** Who published them; null for the broker itself. */
  readonly clientId: string | null
  readonly userName: string | null
  /** Name of the rules of its listener; null = those of listeners without their own. */
  readonly listener?: string | null
}

/** session number | clientId text | flags u8 (1 user name, 2 listener) | [userName text] | [listener text] | version u8 | expiry, detachedAt, nextNumber, sentUpTo: numbers */
export function appendSession(journal: Journal, record: SessionRecord): void {
  const { session, clientId, userName, expiryInterval, detachedAt, nextNumber, sentUpTo, listener = null } = record
  const size =
    numberSize(session) +
    textSize(clientId) +
    2 +
    (userName === null ? 0 : textSize(userName)) +
    (listener === null ? 0 : textSize(listener)) +
    numberSize(expiryInterval) +
    numberSize(detachedAt) +
    numberSize(nextNumber) +
    numberSize(sentUpTo)
  let at = journal.begin(RecordType.Session, size)
  const out = journal.bytes
  at = writeText(clientId, out, writeNumber(session, out, at))
  out[at++] = (userName === null ? 0 : 1) | (listener === null ? 0 : 2)
  if (userName !== null) at = writeText(userName, out, at)
  if (listener !== null) at = writeText(listener, out, at)
  out[at++] = record.version
  at = writeNumber(detachedAt, out, writeNumber(expiryInterval, out, at))
  writeNumber(sentUpTo, out, writeNumber(nextNumber, out, at))
}

/** session number */
export function appendSessionEnded(journal: Journal, session: number): void {
  appendNumbers(journal, RecordType.SessionEnded, session)
}

/** session number | options u8 (as in SUBSCRIBE) | identifier number | filter text */
export function appendSubscribed(journal: Journal, record: SubscriptionRecord): void {
  const { session, topicFilter, identifier } = record
  let at = journal.begin(RecordType.Subscribed, numberSize(session) + 1 + numberSize(identifier) + textSize(topicFilter))
  const out = journal.bytes
  at = writeNumber(session, out, at)
  out[at++] = record.qos | (record.noLocal ? 4 : 0) | (record.retainAsPublished ? 8 : 0) | (record.retainHandling << 4)
  writeText(topicFilter, out, writeNumber(identifier, out, at))
}

/** session number | filter text */
export function appendUnsubscribed(journal: Journal, session: number, topicFilter: string): void {
  const at = journal.begin(RecordType.Unsubscribed, numberSize(session) + textSize(topicFilter))
  writeText(topicFilter, journal.bytes, writeNumber(session, journal.bytes, at))
}

/** flags u8 (1 retained) | recipients number | each: session, first, from, count, flags u8 (QoS, 4 RETAIN, 8 received), identifiers | packets */
export function appendMessage(journal: Journal, packets: PacketsRecord, recipients: readonly RecipientRecord[], isRetained: boolean): void {
  let size = 1 + numberSize(recipients.length) + packetsSize(packets)
  for (let i = 0; i < recipients.length; i++) size += recipientSize(recipients[i]!)
  let at = journal.begin(RecordType.Message, size)
  const out = journal.bytes
  out[at] = isRetained ? 1 : 0
  at = writeNumber(recipients.length, out, at + 1)
  for (let i = 0; i < recipients.length; i++) at = writeRecipient(recipients[i]!, out, at)
  writePackets(packets, out, at)
}

/** topic text */
export function appendRetainedCleared(journal: Journal, topicName: string): void {
  const at = journal.begin(RecordType.RetainedCleared, textSize(topicName))
  writeText(topicName, journal.bytes, at)
}

/** session, first, count: numbers | reason u8 */
export function appendDone(journal: Journal, session: number, first: number, count: number, reason: DoneReason): void {
  const at = journal.begin(RecordType.Done, numberSize(session) + numberSize(first) + numberSize(count) + 1)
  const out = journal.bytes
  out[writeNumber(count, out, writeNumber(first, out, writeNumber(session, out, at)))] = reason
}

/** session, the first number not sent: numbers */
export function appendSent(journal: Journal, session: number, upTo: number): void {
  appendNumbers(journal, RecordType.Sent, session, upTo)
}

/** session, first, count: numbers */
export function appendReceived(journal: Journal, session: number, first: number, count: number): void {
  appendNumbers(journal, RecordType.Received, session, first, count)
}

/** session number | ranges number | each: from, count: numbers | packets. The packets of the ranges await PUBREL. */
export function appendUnreleased(journal: Journal, session: number, packets: PacketsRecord, ranges: readonly number[]): void {
  let size = numberSize(session) + numberSize(ranges.length / 2) + packetsSize(packets)
  for (let i = 0; i < ranges.length; i++) size += numberSize(ranges[i]!)
  let at = journal.begin(RecordType.Unreleased, size)
  const out = journal.bytes
  at = writeNumber(ranges.length / 2, out, writeNumber(session, out, at))
  for (let i = 0; i < ranges.length; i++) at = writeNumber(ranges[i]!, out, at)
  writePackets(packets, out, at)
}

/** session number | Packet Identifiers: numbers to the end */
export function appendReleased(journal: Journal, session: number, packetIds: readonly number[]): void {
  appendNumbers(journal, RecordType.Released, session, ...packetIds)
}

/** session, delay in seconds: numbers | packets */
export function appendWill(journal: Journal, session: number, delay: number, packets: PacketsRecord): void {
  const at = journal.begin(RecordType.Will, numberSize(session) + numberSize(delay) + packetsSize(packets))
  const out = journal.bytes
  writePackets(packets, out, writeNumber(delay, out, writeNumber(session, out, at)))
}

/** session number | how u8 */
export function appendWillEnded(journal: Journal, session: number, how: WillEnd): void {
  const at = journal.begin(RecordType.WillEnded, numberSize(session) + 1)
  journal.bytes[writeNumber(session, journal.bytes, at)] = how
}

/** numbers, one after another */
export function appendNumbers(journal: Journal, type: RecordType, ...numbers: readonly number[]): void {
  let size = 0
  for (const number of numbers) size += numberSize(number)
  let at = journal.begin(type, size)
  for (const number of numbers) at = writeNumber(number, journal.bytes, at)
}

function recipientSize({ session, first, from, to, identifiers }: RecipientRecord): number {
  let size = numberSize(session) + numberSize(first) + numberSize(from) + numberSize(to - from) + 1
  if (identifiers === null) return size + 1
  size += numberSize(identifiers.length)
  for (const identifier of identifiers) size += numberSize(identifier)
  return size
}

function writeRecipient(record: RecipientRecord, out: Uint8Array, at: number): number {
  at = writeNumber(record.first, out, writeNumber(record.session, out, at))
  at = writeNumber(record.to - record.from, out, writeNumber(record.from, out, at))
  out[at] = record.qos | (record.retain << 2) | (record.received ? 8 : 0)
  const { identifiers } = record
  if (identifiers === null) return writeNumber(0, out, at + 1)
  at = writeNumber(identifiers.length, out, at + 1)
  for (const identifier of identifiers) at = writeNumber(identifier, out, at)
  return at
}

/** flags u8 (version, 8 client, 16 user name, 32 listener) | count, arrivedAt, expiresAt: numbers | [clientId, userName, listener: texts] | bytes to the end */
function packetsSize({ start, end, count, arrivedAt, expiresAt, clientId, userName, listener = null }: PacketsRecord): number {
  let size = 1 + numberSize(count) + numberSize(arrivedAt) + numberSize(expiresAt) + end - start
  if (clientId !== null) size += textSize(clientId)
  if (userName !== null) size += textSize(userName)
  if (listener !== null) size += textSize(listener)
  return size
}

function writePackets(packets: PacketsRecord, out: Uint8Array, at: number): void {
  const { bytes, start, end, clientId, userName, listener = null } = packets
  out[at] = packets.version | (clientId === null ? 0 : 8) | (userName === null ? 0 : 16) | (listener === null ? 0 : 32)
  at = writeNumber(packets.expiresAt, out, writeNumber(packets.arrivedAt, out, writeNumber(packets.count, out, at + 1)))
  if (clientId !== null) at = writeText(clientId, out, at)
  if (userName !== null) at = writeText(userName, out, at)
  if (listener !== null) at = writeText(listener, out, at)
  if (bytes === out) out.copyWithin(at, start, end)
  else out.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at)
}
