// TLS records: cut from the stream, named, and opened when a key log knows the connection. [RFC 5246, RFC 8446]
// What is inside goes to the application of tls.port as a stream of its own.

import { bytesText } from './address-text.ts'
import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import { type ConversationState, conversationState } from './conversations.ts'
import { addData } from './data.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { FIELDS } from './field.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { joined } from './tls-crypto.ts'
import { TLS } from './tls-fields.ts'
import { addHandshake, HANDSHAKE_NAMES, HandshakeType, type Hello, RETRY_NAME, versionText } from './tls-handshake.ts'
import { TLS_HANDSHAKE } from './tls-handshake-fields.ts'
import { TlsKeys } from './tls-keys.ts'

const HEAD = 5
const LONGEST_RECORD = 16_384 + 2048
/** Decrypted bytes kept for an application that waits for more. */
const MOST_PENDING = 1 << 24
const ContentType = { ChangeCipherSpec: 20, Alert: 21, Handshake: 22, ApplicationData: 23, Heartbeat: 24 } as const
const TLS_13 = 0x0304

class TlsState {
  readonly keys = new TlsKeys()
  version = 0
  /** By direction: records are sealed from here on (ChangeCipherSpec, or a TLS 1.3 ServerHello). */
  readonly isSealed: [boolean, boolean] = [false, false]
  /** Decrypted bytes that the application could not use yet. */
  readonly pending: [Uint8Array | null, Uint8Array | null] = [null, null]
  /** How many more it wants at least. */
  readonly missing: [number, number] = [0, 0]
}

const STATE: ConversationState<TlsState> = conversationState(() => new TlsState())

const dissect: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  if (context.conversation === null) return 0
  const state = STATE.of(context.conversation)
  if (state.version === 0 && !looksLikeRecord(bytes, start, end)) return 0
  if (demand.columns) {
    columns.setProtocol(state.version === 0 ? 'TLS' : versionText(state.version))
    columns.setInfo('')
  }
  const root = rows.add(TLS.protocol, source, start, end - start, ROOT)
  for (let at = start; at < end; ) {
    if (end - at < HEAD) {
      if (context.canDesegment) {
        context.desegmentOffset = at
        context.desegmentLength = ONE_MORE_SEGMENT
      }
      return length
    }
    if (!looksLikeRecord(bytes, at, end)) {
      rows.add(TLS.ignoredUnknownRecord, source, at, end - at, root)
      return length
    }
    const size = HEAD + ((bytes[at + 3]! << 8) | bytes[at + 4]!)
    if (at + size > start + length) {
      if (context.canDesegment) {
        context.desegmentOffset = at
        context.desegmentLength = at + size - start - length
        return length
      }
      return length
    }
    if (at + size > end) return length
    dissectRecord(context, state, root, source, at, size)
    at += size
  }
  return length
}

/** Whether a connection begins, or goes on, with a record. */
function looksLikeRecord(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || bytes[start]! < ContentType.ChangeCipherSpec || bytes[start]! > ContentType.Heartbeat) return false
  if (start + 1 < end && bytes[start + 1] !== 3) return false
  if (start + 2 < end && bytes[start + 2]! > 4) return false
  return start + HEAD > end || ((bytes[start + 3]! << 8) | bytes[start + 4]!) <= LONGEST_RECORD
}

function recognises(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= HEAD + 1 &&
    looksLikeRecord(bytes, start, end) &&
    bytes[start] === ContentType.Handshake &&
    (bytes[start + 5] === 1 || bytes[start + 5] === 2)
  )
}

function dissectRecord(context: DissectContext, state: TlsState, root: number, source: number, start: number, size: number): void {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const type = bytes[start]!
  const isSealed = state.isSealed[context.direction] && (type !== ContentType.ChangeCipherSpec || !state.keys.isTls13) && type !== ContentType.ChangeCipherSpec
  const record = rows.add(TLS.record, source, start, size, root)
  const isHidden = isSealed && state.keys.isTls13
  rows.add(isHidden ? TLS.recordOpaqueType : TLS.recordContentType, source, start, 1, record)
  rows.add(TLS.recordVersion, source, start + 1, 2, record)
  rows.add(TLS.recordLength, source, start + 3, 2, record)
  let plain: Uint8Array | null = null
  let inner = type
  if (isSealed && context.tlsCrypto !== null && !context.inError) {
    plain = state.keys.open(context.tlsCrypto, context.keyLog, context.direction, bytes.subarray(start, start + size))
    if (plain !== null && isHidden) {
      let last = plain.length - 1
      while (last >= 0 && plain[last] === 0) last--
      inner = last >= 0 ? plain[last]! : 0
      plain = plain.subarray(0, Math.max(0, last))
      const row = rows.addGiven(TLS.recordContentType, source, start, 1, record, inner)
      if (demand.text(TLS.recordContentType)) rows.setText(row, `[Content Type: ${valueName(TLS.recordContentType, inner)} (${inner})]`)
    }
  }
  const isOpen = !isSealed || plain !== null
  const inside = plain === null ? source : rows.addSource(plain, 'Decrypted TLS')
  const [from, to] = plain === null ? [start + HEAD, start + size] : [0, plain.length]
  const before = versionText(state.version === 0 ? (bytes[start + 1]! << 8) | bytes[start + 2]! : state.version)
  const name = isOpen ? addContent(context, state, record, inside, from, to, inner, source, start, size) : addClosed(context, record, source, start, size, type)
  const version = versionText(state.version === 0 ? (bytes[start + 1]! << 8) | bytes[start + 2]! : state.version)
  if (demand.columns) {
    columns.setProtocol(version)
    if (inner !== ContentType.ApplicationData || plain === null) columns.appendInfoAfter(', ', name)
  }
  if (demand.text(TLS.record)) {
    const label = inner === ContentType.Handshake ? `Handshake Protocol: ${name.includes(', ') ? 'Multiple Handshake Messages' : name}` : name
    const shown =
      inner === ContentType.ApplicationData
        ? `Application Data Protocol: ${applicationLabel(context)}`
        : inner === ContentType.ChangeCipherSpec
          ? 'Change Cipher Spec Protocol: Change Cipher Spec'
          : label
    rows.setText(record, `${before} Record Layer: ${shown}`)
  }
  if (inner === ContentType.ApplicationData && plain !== null) deliver(context, state, inside, plain)
}

/** Returns what the Info column says. */
function addContent(
  context: DissectContext,
  state: TlsState,
  record: number,
  inside: number,
  from: number,
  to: number,
  type: number,
  source: number,
  start: number,
  size: number,
): string {
  const { rows, demand } = context
  switch (type) {
    case ContentType.ChangeCipherSpec:
      addChange(context, state, record, inside, from, to)
      return 'Change Cipher Spec'
    case ContentType.Alert: {
      const alert = rows.add(TLS.alertMessage, inside, from, to - from, record)
      if (to - from < 2) return 'Alert'
      rows.add(TLS.alertMessageLevel, inside, from, 1, alert)
      rows.add(TLS.alertMessageDesc, inside, from + 1, 1, alert)
      if (!demand.columns && !demand.text(TLS.record)) return 'Alert'
      return `Alert (Level: ${valueName(TLS.alertMessageLevel, rows.sources[inside]![from]!)}, Description: ${valueName(TLS.alertMessageDesc, rows.sources[inside]![from + 1]!)})`
    }
    case ContentType.Handshake:
      return addMessages(context, state, record, inside, from, to)
    case ContentType.ApplicationData:
      addApplicationRows(context, record, source, start, size)
      return 'Application Data'
    default:
      return 'Heartbeat'
  }
}

/** From here on the sender seals its records. A server that does so before its client goes on with an earlier session. */
function addChange(context: DissectContext, state: TlsState, record: number, source: number, from: number, to: number): void {
  const row = context.rows.add(TLS.changeCipherSpec, source, from, to - from, record)
  if (state.keys.isTls13) return
  const isServer = state.version !== 0 && context.direction !== state.keys.client
  if (isServer && !state.isSealed[state.keys.client as 0 | 1])
    addExpert(context, row, TLS_HANDSHAKE.resumed, Severity.Note, Group.Sequence, 'This session reuses previously negotiated keys (Session resumption)')
  if (!context.inError) state.isSealed[context.direction] = true
}

function valueName(field: number, value: number): string {
  return (FIELDS[field]!.values as ReadonlyMap<number, string>).get(value) ?? `Unknown (${value})`
}

function addClosed(context: DissectContext, record: number, source: number, start: number, size: number, type: number): string {
  const { rows, demand } = context
  if (type === ContentType.ApplicationData) {
    addApplicationRows(context, record, source, start, size)
    return 'Application Data'
  }
  if (type === ContentType.Alert) {
    const row = rows.add(TLS.alertMessage, source, start + HEAD, size - HEAD, record)
    if (demand.text(TLS.alertMessage)) rows.setText(row, 'Alert Message: Encrypted Alert')
    return 'Encrypted Alert'
  }
  const row = rows.add(TLS.handshake, source, start + HEAD, size - HEAD, record)
  if (demand.text(TLS.handshake)) rows.setText(row, 'Handshake Protocol: Encrypted Handshake Message')
  return 'Encrypted Handshake Message'
}

function addApplicationRows(context: DissectContext, record: number, source: number, start: number, size: number): void {
  const { rows, demand } = context
  const data = rows.add(TLS.appData, source, start + HEAD, size - HEAD, record)
  if (demand.text(TLS.appData))
    rows.setText(
      data,
      `Encrypted Application Data: ${bytesText(rows.sources[source]!.subarray(start + HEAD, start + HEAD + Math.min(36, size - HEAD)), '')}${size - HEAD > 36 ? '…' : ''}`,
    )
  const label = applicationLabel(context)
  if (label !== '') rows.addGiven(TLS.appDataProto, source, start, 0, record, label)
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ['mqtt', 'MQ Telemetry Transport Protocol'],
  ['http', 'Hypertext Transfer Protocol'],
  ['coap', 'Constrained Application Protocol'],
])

function applicationLabel(context: DissectContext): string {
  const protocol = application(context)
  return protocol === null ? '' : (LABELS.get(protocol.name) ?? protocol.name)
}

function application({ registry, sourcePort, destinationPort }: DissectContext): Protocol | null {
  return registry.port('tls.port', Math.min(sourcePort, destinationPort)) ?? registry.port('tls.port', Math.max(sourcePort, destinationPort))
}

function addMessages(context: DissectContext, state: TlsState, record: number, source: number, from: number, to: number): string {
  const bytes = context.rows.sources[source]!
  const names: string[] = []
  for (let at = from; at + 4 <= to; ) {
    const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    const end = at + 4 + length
    const type = bytes[at]!
    if (end > to) {
      const row = context.rows.add(TLS.handshake, source, at, to - at, record)
      const name = HANDSHAKE_NAMES.has(type) ? `${HANDSHAKE_NAMES.get(type)} (fragment)` : 'Encrypted Handshake Message'
      if (context.demand.text(TLS.handshake)) context.rows.setText(row, `Handshake Protocol: ${name}`)
      names.push(name)
      break
    }
    const hello = addHandshake(context, record, source, at, end, state.keys.isTls13, { suite: state.keys.suite, version: state.version })
    names.push(hello?.isRetry === true ? RETRY_NAME : (HANDSHAKE_NAMES.get(type) ?? 'Unknown'))
    if (hello !== null && !context.inError) learn(context, state, type, hello)
    if (type === HandshakeType.KeyUpdate && context.tlsCrypto !== null) state.keys.update(context.tlsCrypto, context.direction)
    at = end
  }
  return names.join(', ')
}

function learn(context: DissectContext, state: TlsState, type: number, hello: Hello): void {
  const { keys } = state
  if (type === HandshakeType.ClientHello) {
    keys.client = context.direction
    keys.clientRandom = hello.random
    state.isSealed[0] = false
    state.isSealed[1] = false
    keys.reset()
    return
  }
  keys.serverRandom = hello.random
  keys.suite = hello.suite
  state.version = hello.version
  keys.isTls13 = hello.version === TLS_13
  keys.reset()
  if (keys.isTls13 && !hello.isRetry) {
    state.isSealed[0] = true
    state.isSealed[1] = true
  }
}

/** Decrypted bytes, with those that waited, to the application. */
function deliver(context: DissectContext, state: TlsState, source: number, plain: Uint8Array): void {
  const { rows, direction, registry } = context
  const waiting = state.pending[direction]
  const bytes = waiting === null ? plain : joined(waiting, plain)
  if (state.missing[direction] > plain.length) {
    state.missing[direction] -= plain.length
    state.pending[direction] = bytes
    announcePart(context)
    return
  }
  state.missing[direction] = 0
  const inside = waiting === null ? source : rows.addSource(bytes, 'Reassembled TLS')
  state.pending[direction] = null
  const [couldDesegment, length] = [context.canDesegment, context.desegmentLength]
  context.canDesegment = true
  context.desegmentLength = 0
  context.desegmentOffset = 0
  let protocol = application(context)
  if (protocol === null && context.auto) protocol = registry.recognisable.find((one) => one.recognises!(bytes, 0, bytes.length)) ?? null
  if (protocol === null || context.call(protocol.name, protocol.dissect, inside, 0, bytes.length) === 0) addData(context, inside, 0, bytes.length)
  if (context.desegmentLength !== 0 && bytes.length - context.desegmentOffset <= MOST_PENDING && !context.inError) {
    state.pending[direction] = new Uint8Array(bytes.subarray(context.desegmentOffset))
    state.missing[direction] = Math.max(0, context.desegmentLength)
    if (context.desegmentOffset === 0) announcePart(context)
  }
  // Records behind it leave the column to the application.
  if (protocol !== null && (context.desegmentLength === 0 || context.desegmentOffset > 0)) context.columns.isProtocolFixed = true
  context.canDesegment = couldDesegment
  context.desegmentLength = length
}

/** The Info column of a record that only carries a part. */
function announcePart({ demand, columns }: DissectContext): void {
  if (demand.columns && !columns.isProtocolFixed) columns.appendInfoAfter(', ', '[TLS segment of a reassembled PDU]')
}

export const TLS_PROTOCOL: Protocol = { name: 'tls', dissect }

/** Recognises a hello on any port, as Wireshark's heuristic does. */
export const TLS_HEURISTIC: Protocol = { name: 'tls', dissect, recognises }
