// DNS over UDP and TCP: questions, and answers enough to name addresses. [RFC 1035]
// Names are followed through compression pointers, backwards only.

import { ipv4Text, ipv6Text } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { type ConversationState, conversationState } from './conversations.ts'
import { DNS, DNS_TYPES } from './dns-fields.ts'
import { addBoundsMark, addExpert, addMalformed, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { dissectMessages, type StreamMessages } from './pdus.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'

const HEAD = 12
const LONGEST_NAME = 255
const MOST_QUERIES = 256
const Type = { A: 1, Ns: 2, Cname: 5, Ptr: 12, Mx: 15, Txt: 16, Aaaa: 28, Srv: 33 } as const
const OPCODES = ['Standard query', 'Inverse query', 'Server status request', 'Unknown operation', 'Zone change notification', 'Dynamic update']
const RCODES = ['No error', 'Format error', 'Server failure', 'No such name', 'Not implemented', 'Refused']

interface Query {
  readonly frame: number
  /** Frame of the first answer; 0 = none yet. */
  answer: number
  readonly seconds: number
  readonly nanoseconds: number
}

/** A query as old as this has no answer any more, and a second one is no repetition. */
const LONGEST_WAIT_NS = 5_000_000_000n

/** Queries by transaction identifier. */
const QUERIES: ConversationState<Map<number, Query>> = conversationState(() => new Map())

/** A name and where it ends in the message; end -1 = broken. */
interface Name {
  readonly text: string
  readonly end: number
  readonly labels: number
}

const dissect: Dissect = (context, source, start, length) => {
  const { rows } = context
  const bytes = rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  if (end - start < HEAD) return 0
  dissectMessage(context, source, start, end, start + length)
  return length
}

function dissectMessage(context: DissectContext, source: number, start: number, end: number, reportedEnd: number = end): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const flags = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isResponse = (flags & 0x8000) !== 0
  const root = rows.add(DNS.protocol, source, start, end - start, ROOT)
  const id = (bytes[start]! << 8) | bytes[start + 1]!
  const title = `${OPCODES[(flags >> 11) & 15] ?? 'Unknown operation'}${isResponse ? ' response' : ''}`
  if (demand.columns) {
    columns.setProtocol('DNS')
    const failure = isResponse && (flags & 15) !== 0 ? ` ${RCODES[flags & 15] ?? 'Unknown error'}` : ''
    columns.setInfo(`${title} 0x${id.toString(16).padStart(4, '0')}${failure}`)
  }
  if (demand.text(DNS.protocol)) rows.setText(root, `Domain Name System (${isResponse ? 'response' : 'query'})`)
  const idRow = rows.add(DNS.id, source, start, 2, root)
  addFlags(context, root, source, start + 2, flags, title)
  const counts = [4, 6, 8, 10].map((offset) => (bytes[start + offset]! << 8) | bytes[start + offset + 1]!)
  const fields = [DNS.countQueries, DNS.countAnswers, DNS.countAuthRr, DNS.countAddRr]
  for (const [i, field] of fields.entries()) rows.add(field, source, start + 4 + i * 2, 2, root)
  let at = start + HEAD
  const sections = ['Queries', 'Answers', 'Authoritative nameservers', 'Additional records']
  for (const [section, title] of sections.entries()) {
    if (counts[section] === 0) continue
    const tree = rows.add(TEXT_ROW, source, at, 0, root)
    if (demand.text(DNS.protocol)) rows.setText(tree, title)
    const from = at
    for (let i = 0; i < counts[section]!; i++) {
      const next = section === 0 ? addQuestion(context, tree, source, start, at, end) : addRecord(context, tree, source, start, at, end, section === 1)
      if (next < 0) {
        addBoundsMark(context, 'DNS', source, end < reportedEnd ? reportedEnd : end + 1, reportedEnd)
        return
      }
      at = next
    }
    rows.length[tree] = at - from
  }
  joinQuery(context, root, source, idRow, id, isResponse)
}

function joinQuery(context: DissectContext, root: number, source: number, idRow: number, id: number, isResponse: boolean): void {
  const { rows, conversation, frame } = context
  if (conversation === null || context.inError) return
  const queries = QUERIES.of(conversation)
  const query = queries.get(id)
  const elapsed = query === undefined ? 0n : BigInt(frame.seconds - query.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds - query.nanoseconds)
  if (!isResponse) {
    if (query !== undefined && query.answer === 0 && elapsed < LONGEST_WAIT_NS) {
      addExpert(context, idRow, DNS.retransmitRequest, Severity.Warning, Group.Protocol, `DNS query retransmission. Original request in frame ${query.frame}`)
      rows.addGiven(DNS.retransmitRequestIn, source, -1, 0, root, query.frame)
      rows.addGiven(DNS.retransmission, source, -1, 0, root, 1)
      return
    }
    if (queries.size >= MOST_QUERIES) queries.clear()
    queries.set(id, { frame: frame.number, answer: 0, seconds: frame.seconds, nanoseconds: frame.nanoseconds })
    return
  }
  if (query === undefined) return
  if (query.answer !== 0) {
    const message = `DNS response retransmission. Original response in frame ${query.answer}`
    addExpert(context, idRow, DNS.retransmitResponse, Severity.Warning, Group.Protocol, message)
    rows.addGiven(DNS.retransmitResponseIn, source, -1, 0, root, query.answer)
    rows.addGiven(DNS.retransmission, source, -1, 0, root, 1)
    return
  }
  query.answer = frame.number
  if (elapsed >= LONGEST_WAIT_NS) return
  rows.addGiven(DNS.responseTo, source, -1, 0, root, query.frame)
  rows.addGiven(DNS.time, source, -1, 0, root, elapsed)
}

function addFlags(context: DissectContext, root: number, source: number, at: number, flags: number, title: string): void {
  const { rows, demand } = context
  const isResponse = (flags & 0x8000) !== 0
  const row = rows.add(DNS.flags, source, at, 2, root)
  if (demand.text(DNS.flags)) {
    const result = isResponse ? `, ${RCODES[flags & 15] ?? 'Unknown error'}` : ''
    rows.setText(row, `Flags: 0x${flags.toString(16).padStart(4, '0')} ${title}${result}`)
  }
  rows.add(DNS.flagsResponse, source, at, 2, row)
  rows.add(DNS.flagsOpcode, source, at, 2, row)
  if (isResponse) rows.add(DNS.flagsAuthoritative, source, at, 2, row)
  rows.add(DNS.flagsTruncated, source, at, 2, row)
  rows.add(DNS.flagsRecdesired, source, at, 2, row)
  if (isResponse) rows.add(DNS.flagsRecavail, source, at, 2, row)
  rows.add(DNS.flagsZ, source, at, 2, row)
  if (isResponse || (flags & 0x20) !== 0) rows.add(DNS.flagsAuthenticated, source, at, 2, row)
  rows.add(DNS.flagsCheckdisable, source, at, 2, row)
  if (isResponse) rows.add(DNS.flagsRcode, source, at, 2, row)
}

function addQuestion(context: DissectContext, tree: number, source: number, start: number, at: number, end: number): number {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const name = readName(bytes, start, at, end)
  if (name.end < 0 || name.end + 4 > end) return -1
  const type = (bytes[name.end]! << 8) | bytes[name.end + 1]!
  const row = rows.add(TEXT_ROW, source, at, name.end + 4 - at, tree)
  if (demand.text(DNS.protocol)) rows.setText(row, `${name.text}: type ${shortType(type)}, class IN`)
  if (demand.columns) columns.appendInfo(` ${shortType(type)} ${name.text}`)
  rows.addGiven(DNS.qryName, source, at, name.end - at, row, name.text)
  rows.addGiven(DNS.qryNameLen, source, at, name.end - at, row, nameLength(name))
  rows.addGiven(DNS.countLabels, source, at, name.end - at, row, nameLength(name) === 0 ? 0 : name.labels)
  rows.add(DNS.qryType, source, name.end, 2, row)
  rows.add(DNS.qryClass, source, name.end + 2, 2, row)
  return name.end + 4
}

/** A name of one letter has no length for Wireshark, as if it were the root's. */
function nameLength({ text }: Name): number {
  return text.length <= 1 ? 0 : text.length
}

function addRecord(context: DissectContext, tree: number, source: number, start: number, at: number, end: number, isAnswer: boolean): number {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const name = readName(bytes, start, at, end)
  if (name.end < 0 || name.end + 10 > end) return -1
  const fixed = name.end
  const type = (bytes[fixed]! << 8) | bytes[fixed + 1]!
  const size = (bytes[fixed + 8]! << 8) | bytes[fixed + 9]!
  const data = fixed + 10
  if (data + size > end) return -1
  const row = rows.add(TEXT_ROW, source, at, data + size - at, tree)
  rows.addGiven(DNS.respName, source, at, fixed - at, row, name.text)
  rows.add(DNS.respType, source, fixed, 2, row)
  rows.add(DNS.respClass, source, fixed + 2, 2, row)
  rows.add(DNS.respTtl, source, fixed + 4, 4, row)
  rows.add(DNS.respLen, source, fixed + 8, 2, row)
  const text = addRecordData(context, row, source, start, data, size, type)
  if (demand.text(DNS.protocol)) rows.setText(row, `${name.text}: type ${shortType(type)}, class IN${text}`)
  if (demand.columns && isAnswer) columns.appendInfo(` ${shortType(type)}${text.replaceAll(/, \w+/g, '')}`)
  return data + size
}

/** Returns `, addr 192.0.2.1`. */
function addRecordData(context: DissectContext, row: number, source: number, start: number, at: number, size: number, type: number): string {
  const { rows } = context
  const bytes = rows.sources[source]!
  if (type === Type.A && size === 4) {
    rows.add(DNS.a, source, at, 4, row)
    return `, addr ${ipv4Text(((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0)}`
  }
  if (type === Type.Aaaa && size === 16) {
    rows.add(DNS.aaaa, source, at, 16, row)
    return `, addr ${ipv6Text(bytes.subarray(at, at + 16))}`
  }
  const named = type === Type.Cname ? DNS.cname : type === Type.Ns ? DNS.ns : type === Type.Ptr ? DNS.ptrDomainName : -1
  if (named >= 0) {
    const name = readName(bytes, start, at, at + size)
    if (name.end < 0) return ''
    rows.addGiven(named, source, at, size, row, name.text)
    return `, ${type === Type.Cname ? 'cname' : type === Type.Ns ? 'ns' : 'ptr'} ${name.text}`
  }
  if (type === Type.Txt)
    for (let i = at; i < at + size; ) {
      const length = bytes[i]!
      if (i + 1 + length > at + size) break
      rows.add(DNS.txtLength, source, i, 1, row)
      rows.add(DNS.txt, source, i + 1, length, row)
      i += 1 + length
    }
  if (type === Type.Mx && size > 2) {
    rows.add(DNS.mxPreference, source, at, 2, row)
    const name = readName(bytes, start, at + 2, at + size)
    if (name.end < 0) return ''
    rows.addGiven(DNS.mxMailExchange, source, at + 2, size - 2, row, name.text)
    const preference = (bytes[at]! << 8) | bytes[at + 1]!
    return `, preference ${preference}, mx ${name.text}`
  }
  if (type === Type.Srv && size > 6) {
    rows.add(DNS.srvPriority, source, at, 2, row)
    rows.add(DNS.srvWeight, source, at + 2, 2, row)
    rows.add(DNS.srvPort, source, at + 4, 2, row)
    const name = readName(bytes, start, at + 6, at + size)
    if (name.end >= 0) rows.addGiven(DNS.srvTarget, source, at + 6, size - 6, row, name.text)
  }
  return ''
}

function shortType(type: number): string {
  const name = DNS_TYPES.get(type)
  return name === undefined ? `Unknown (${type})` : name.split(' ')[0]!
}

/** Follows a name; pointers must lead backwards, so that it ends. */
function readName(bytes: Uint8Array, start: number, at: number, end: number): Name {
  const labels: string[] = []
  let [place, after, limit, size] = [at, -1, end, 0]
  for (;;) {
    if (place >= limit) return { text: '', end: -1, labels: 0 }
    const length = bytes[place]!
    if (length === 0) break
    if ((length & 0xc0) === 0xc0) {
      if (place + 1 >= limit) return { text: '', end: -1, labels: 0 }
      const target = start + (((length & 0x3f) << 8) | bytes[place + 1]!)
      if (after < 0) after = place + 2
      if (target >= place) return { text: '', end: -1, labels: 0 }
      limit = Math.min(bytes.length, place)
      place = target
      continue
    }
    if ((length & 0xc0) !== 0 || place + 1 + length > limit) return { text: '', end: -1, labels: 0 }
    size += length + 1
    if (size > LONGEST_NAME) return { text: '', end: -1, labels: 0 }
    labels.push(String.fromCharCode(...bytes.subarray(place + 1, place + 1 + length)))
    place += 1 + length
  }
  return { text: labels.length === 0 ? '<Root>' : labels.join('.'), end: after < 0 ? place + 1 : after, labels: labels.length }
}

const MESSAGES: StreamMessages = {
  label: 'DNS',
  headLength: 2,
  messageLength: (bytes, start) => 2 + ((bytes[start]! << 8) | bytes[start + 1]!),
  dissect(context, source, start, length) {
    const end = Math.min(start + length, context.rows.sources[source]!.length)
    if (end - start >= 2 + HEAD) dissectMessage(context, source, start + 2, end)
    else addMalformed(context, 'DNS', source)
  },
}

export const DNS_PROTOCOL: Protocol = {
  name: 'dns',
  dissect: (context, source, start, length) =>
    context.layers[context.layers.length - 2] === 'tcp' ? dissectMessages(context, MESSAGES, source, start, length) : dissect(context, source, start, length),
}
