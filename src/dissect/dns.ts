// DNS over UDP and TCP, multicast DNS and LLMNR: the message's head, its questions and records, answers joined with their questions. [RFC 1035, 6762, 4795]
// What records hold is in dns-records.ts.

import type { DissectContext } from './context.ts'
import { type ConversationState, conversationState } from './conversations.ts'
import { DNS } from './dns-fields.ts'
import { className, typeName } from './dns-names.ts'
import { DNS_RECORD, LLMNR, MDNS } from './dns-record-fields.ts'
import { addRecordData, type DnsMessage, passName } from './dns-records.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { dissectMessages, type StreamMessages } from './pdus.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { durationText } from './time-text.ts'
import { Walk } from './walk.ts'

const MOST_QUERIES = 256
const OPCODES = ['Standard query', 'Inverse query', 'Server status request', 'Unknown operation', 'Zone change notification', 'Dynamic update']
const RCODES = ['No error', 'Format error', 'Server failure', 'No such name', 'Not implemented', 'Refused']
const Update = 5
const Opt = 41
const Srv = 33
/** The highest bit of a class: answer to me alone, or forget what you knew. [RFC 6762, sections 5.4 and 10.2] */
const MULTICAST_BIT = 0x8000

/** What the three relatives call themselves. */
interface Flavour {
  readonly field: number
  /** In the tree and in the column. */
  readonly title: string
  readonly column: string
  readonly isMulticast: boolean
  readonly isLinkLocal: boolean
}

const PLAIN: Flavour = { field: DNS.protocol, title: 'Domain Name System', column: 'DNS', isMulticast: false, isLinkLocal: false }
const MULTICAST: Flavour = { field: MDNS.protocol, title: 'Multicast Domain Name System', column: 'MDNS', isMulticast: true, isLinkLocal: false }
const LINK_LOCAL: Flavour = {
  field: LLMNR.protocol,
  title: 'Link-local Multicast Name Resolution',
  column: 'LLMNR',
  isMulticast: false,
  isLinkLocal: true,
}

interface Query {
  readonly frame: number
  /** Frame of the first answer; 0 = none yet. */
  answer: number
  readonly seconds: number
  readonly nanoseconds: number
}

/** A query as old as this has no answer any more, and a second one is no repetition. */
const LONGEST_WAIT_NS = 5_000_000_000n

class DnsMemory {
  readonly walk: Walk = new Walk()
  /** By transaction identifier. */
  readonly queries = new Map<number, Query>()
}

const MEMORY: ConversationState<DnsMemory> = conversationState(() => new DnsMemory())

function dissectMessage(context: DissectContext, flavour: Flavour, source: number, start: number, length: number): void {
  const { rows, demand, columns, conversation } = context
  const walk = conversation === null || context.inError ? new Walk() : MEMORY.of(conversation).walk
  walk.begin(context, source, start, length)
  if (demand.columns) {
    columns.setProtocol(flavour.column)
    columns.setInfo('')
  }
  try {
    walk.need(4)
    const root = rows.add(flavour.field, source, start, walk.stored - start, ROOT)
    addMessage(context, flavour, { walk, start, isMulticast: flavour.isMulticast }, root)
  } catch (error) {
    walk.ended(error, flavour.isMulticast ? 'mDNS' : flavour.column)
  }
}

function addMessage(context: DissectContext, flavour: Flavour, message: DnsMessage, root: number): void {
  const { rows, demand, columns } = context
  const { walk, start } = message
  const { bytes, source } = walk
  const id = (bytes[start]! << 8) | bytes[start + 1]!
  const flags = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isResponse = (flags & 0x8000) !== 0
  const opcode = (flags >> 11) & 15
  const title = `${OPCODES[opcode] ?? 'Unknown operation'}${isResponse ? ' response' : ''}`
  if (demand.columns) {
    const failure = isResponse && (flags & 15) !== 0 ? ` ${RCODES[flags & 15] ?? 'Unknown error'}` : ''
    columns.setInfo(`${title} 0x${id.toString(16).padStart(4, '0')}${failure}`)
  }
  if (demand.text(flavour.field)) rows.setText(root, `${flavour.title} (${isResponse ? 'response' : 'query'})`)
  const idRow = rows.add(DNS.id, source, start, 2, root)
  addFlags(context, flavour, root, source, start + 2, flags, title)
  const isUpdate = opcode === Update
  const fields = isUpdate
    ? [DNS_RECORD.countZones, DNS_RECORD.countPrerequisites, DNS_RECORD.countUpdates, DNS.countAddRr]
    : [DNS.countQueries, DNS.countAnswers, DNS.countAuthRr, DNS.countAddRr]
  walk.at = start + 4
  const counts = fields.map((field) => walk.two(field, root))
  const sections = isUpdate ? UPDATE_SECTIONS : SECTIONS
  for (const [section, heading] of sections.entries()) {
    if (counts[section] === 0) continue
    const from = walk.at
    walk.need(1)
    const tree = rows.add(TEXT_ROW, source, from, 0, root)
    if (demand.text(flavour.field)) rows.setText(tree, heading)
    for (let i = 0; i < counts[section]!; i++) {
      if (section === 0) addQuestion(context, flavour, message, tree)
      else addRecord(context, flavour, message, tree)
    }
    rows.length[tree] = walk.at - from
  }
  joinQuery(context, root, source, idRow, id, isResponse)
}

const SECTIONS = ['Queries', 'Answers', 'Authoritative nameservers', 'Additional records'] as const
const UPDATE_SECTIONS = ['Zone', 'Prerequisites', 'Updates', 'Additional records'] as const

function joinQuery(context: DissectContext, root: number, source: number, idRow: number, id: number, isResponse: boolean): void {
  const { rows, conversation, frame } = context
  if (conversation === null || context.inError) return
  const { queries } = MEMORY.of(conversation)
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
  if (query === undefined) {
    rows.addGiven(DNS_RECORD.unsolicited, source, -1, 0, root, 1)
    return
  }
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

function addFlags(context: DissectContext, flavour: Flavour, root: number, source: number, at: number, flags: number, title: string): void {
  const { rows, demand } = context
  const isResponse = (flags & 0x8000) !== 0
  const row = rows.add(DNS.flags, source, at, 2, root)
  if (demand.text(DNS.flags)) {
    const result = isResponse ? `, ${RCODES[flags & 15] ?? 'Unknown error'}` : ''
    rows.setText(row, `Flags: 0x${flags.toString(16).padStart(4, '0')} ${title}${result}`)
  }
  rows.add(DNS.flagsResponse, source, at, 2, row)
  rows.add(DNS.flagsOpcode, source, at, 2, row)
  if (flavour.isLinkLocal) {
    const conflict = rows.add(DNS_RECORD.flagsConflict, source, at, 2, row)
    if (isResponse && demand.text(DNS_RECORD.flagsConflict)) {
      const isConflict = (flags & 0x400) !== 0
      rows.setText(conflict, `Conflict: ${isConflict ? 'The name is not considered unique' : 'The name is considered unique'}`)
    }
    rows.add(DNS.flagsTruncated, source, at, 2, row)
    rows.add(DNS_RECORD.flagsTentative, source, at, 2, row)
    if (isResponse) rows.add(DNS.flagsRcode, source, at, 2, row)
    return
  }
  if (isResponse) rows.add(DNS.flagsAuthoritative, source, at, 2, row)
  rows.add(DNS.flagsTruncated, source, at, 2, row)
  rows.add(DNS.flagsRecdesired, source, at, 2, row)
  if (isResponse) rows.add(DNS.flagsRecavail, source, at, 2, row)
  rows.add(DNS.flagsZ, source, at, 2, row)
  if (isResponse || (flags & 0x20) !== 0) rows.add(DNS.flagsAuthenticated, source, at, 2, row)
  rows.add(DNS.flagsCheckdisable, source, at, 2, row)
  if (isResponse) rows.add(DNS.flagsRcode, source, at, 2, row)
}

function addQuestion(context: DissectContext, flavour: Flavour, message: DnsMessage, tree: number): void {
  const { rows, demand, columns } = context
  const { walk } = message
  const { source, bytes, at } = walk
  const name = passName(message)
  const end = walk.at
  const length = nameLength(name)
  walk.need(4)
  const row = rows.add(TEXT_ROW, source, at, end + 4 - at, tree)
  rows.addGiven(DNS.qryName, source, at, end - at, row, name)
  rows.addGiven(DNS.qryNameLen, source, at, end - at, row, length)
  rows.addGiven(DNS.countLabels, source, at, end - at, row, length === 0 ? 0 : name.split('.').length)
  const type = (bytes[end]! << 8) | bytes[end + 1]!
  const kind = (bytes[end + 2]! << 8) | bytes[end + 3]!
  rows.add(DNS.qryType, source, end, 2, row)
  const isUnicast = (kind & MULTICAST_BIT) !== 0
  const asked = message.isMulticast ? `, "${isUnicast ? 'QU' : 'QM'}" question` : ''
  if (message.isMulticast) {
    rows.add(DNS_RECORD.qryClassMulticast, source, end + 2, 2, row)
    rows.add(DNS_RECORD.qryQu, source, end + 2, 2, row)
  } else rows.add(DNS.qryClass, source, end + 2, 2, row)
  walk.at = end + 4
  const shown = className(message.isMulticast ? kind & 0x7fff : kind)
  if (demand.text(flavour.field)) rows.setText(row, `${name}: type ${typeName(type)}, class ${shown}${asked}`)
  if (demand.columns) columns.appendInfo(` ${typeName(type)} ${name}${asked}`)
}

/** A name of one letter has no length for Wireshark, as if it were the root's. */
function nameLength(text: string): number {
  return text.length <= 1 ? 0 : new TextEncoder().encode(text).length
}

function addRecord(context: DissectContext, flavour: Flavour, message: DnsMessage, tree: number): void {
  const { rows, demand, columns } = context
  const { walk, isMulticast } = message
  const { source, bytes, at } = walk
  const name = passName(message)
  const fixed = walk.at
  walk.need(10)
  const type = (bytes[fixed]! << 8) | bytes[fixed + 1]!
  const kind = (bytes[fixed + 2]! << 8) | bytes[fixed + 3]!
  const seconds = new DataView(bytes.buffer, bytes.byteOffset + fixed + 4, 4).getUint32(0)
  const size = (bytes[fixed + 8]! << 8) | bytes[fixed + 9]!
  walk.need(10 + size)
  const row = rows.add(TEXT_ROW, source, at, fixed + 10 + size - at, tree)
  const isFlush = isMulticast && (kind & MULTICAST_BIT) !== 0
  if (type !== Srv || !addServiceName(context, source, at, fixed - at, row, name)) rows.addGiven(DNS.respName, source, at, fixed - at, row, name)
  rows.add(DNS.respType, source, fixed, 2, row)
  if (type === Opt) addOptHead(message, fixed, row)
  else {
    rows.add(isMulticast ? DNS_RECORD.respClassMulticast : DNS.respClass, source, fixed + 2, 2, row)
    if (isMulticast) rows.add(DNS_RECORD.respCacheFlush, source, fixed + 2, 2, row)
    const ttl = rows.add(DNS.respTtl, source, fixed + 4, 4, row)
    if (demand.text(DNS.respTtl)) rows.setText(ttl, `Time to live: ${seconds} (${durationText(seconds)})`)
    if (seconds > 0x7fffffff) {
      const text = 'The uppermost bit of the TTL is set (RFC 2181, section 8)'
      addExpert(context, ttl, DNS_RECORD.ttlHighBitSet, Severity.Warning, Group.Protocol, text)
    }
  }
  rows.add(DNS.respLen, source, fixed + 8, 2, row)
  const flush = isFlush && type !== Opt ? ', cache flush' : ''
  const head = type === Opt ? `${name}: type OPT` : `${name}: type ${typeName(type)}, class ${className(isMulticast ? kind & 0x7fff : kind)}${flush}`
  if (demand.columns) columns.appendInfo(` ${typeName(type)}${flush}`)
  if (demand.text(flavour.field)) rows.setText(row, head)
  walk.at = fixed + 10
  if (size === 0) return
  const [line, info] = addRecordData(message, type, size, row)
  if (demand.text(flavour.field)) rows.setText(row, head + line)
  if (demand.columns) columns.appendInfo(info)
}

/** The fixed part of OPT means other things than that of other records. [RFC 6891, section 6.1.2] */
function addOptHead({ walk, isMulticast }: DnsMessage, fixed: number, row: number): void {
  const { rows, source } = walk
  rows.add(isMulticast ? DNS_RECORD.udpPayloadSizeMulticast : DNS_RECORD.udpPayloadSize, source, fixed + 2, 2, row)
  if (isMulticast) rows.add(DNS_RECORD.respCacheFlush, source, fixed + 2, 2, row)
  rows.add(DNS_RECORD.respExtRcode, source, fixed + 4, 1, row)
  rows.add(DNS_RECORD.respEdns0Version, source, fixed + 5, 1, row)
  const bits = rows.add(DNS_RECORD.respZ, source, fixed + 6, 2, row)
  rows.add(DNS_RECORD.respZDo, source, fixed + 6, 2, bits)
  rows.add(DNS_RECORD.respZReserved, source, fixed + 6, 2, bits)
}

/** `_mqtt._tcp.example.org`: its first two labels say what is looked for. [RFC 2782] */
function addServiceName({ rows }: DissectContext, source: number, at: number, size: number, row: number, name: string): boolean {
  const [service, proto, ...rest] = name.split('.')
  if (proto === undefined || rest.length === 0) return false
  rows.addGiven(DNS.srvService, source, at, size, row, service!)
  rows.addGiven(DNS.srvProto, source, at, size, row, proto)
  rows.addGiven(DNS.srvName, source, at, size, row, rest.join('.'))
  return true
}

const MESSAGES: StreamMessages = {
  label: 'DNS',
  headLength: 2,
  messageLength: (bytes, start) => 2 + ((bytes[start]! << 8) | bytes[start + 1]!),
  dissect(context, source, start, length) {
    dissectMessage(context, PLAIN, source, start + 2, length - 2)
  },
}

/** A message in a datagram. */
function inDatagram(flavour: Flavour): Dissect {
  return (context, source, start, length) => {
    dissectMessage(context, flavour, source, start, length)
    return length
  }
}

const dissectDatagram = inDatagram(PLAIN)

export const DNS_PROTOCOL: Protocol = {
  name: 'dns',
  dissect: (context, source, start, length) =>
    context.layers[context.layers.length - 2] === 'tcp'
      ? dissectMessages(context, MESSAGES, source, start, length)
      : dissectDatagram(context, source, start, length),
}
export const MDNS_PROTOCOL: Protocol = { name: 'mdns', dissect: inDatagram(MULTICAST) }
export const LLMNR_PROTOCOL: Protocol = { name: 'llmnr', dissect: inDatagram(LINK_LOCAL) }
