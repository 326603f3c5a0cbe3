// ICMP: echoes, and errors with the packet they quote. [RFC 792]
// A quoted packet is shown, but nothing is learned from it.

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { ICMP } from './datagram-fields.ts'
import { addBoundsMark, addExpert, EXPERT, Group, Severity } from './expert.ts'
import { timeOf } from './frame.ts'
import { ICMP_BODY, ICMP_CODES, ICMP_TYPES } from './icmp-fields.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'
import { durationText } from './time-text.ts'

const HEAD = 8
/** A head with so much of it stored shows its identifier. */
const CUT_HEAD = 6
const EchoReply = 0
const EchoRequest = 8
const Redirect = 5
const ParameterProblem = 12
/** Types that quote a packet: unreachable, quench, redirect, time exceeded, parameter problem. */
const ERRORS = new Set([3, 4, 5, 11, 12])
/** Types whose third word is an identifier and a sequence number. */
const NUMBERED = new Set([0, 8, 13, 14, 15, 16, 17, 18])
const FragmentationNeeded = 4
const DAY_SECONDS = 86_400n
const DAY_MS = 86_400_000
/** What follows the name of a type in the Info column stands below each other. */
const INFO_WIDTH = 20
/** A type that nobody uses. */
const UNKNOWN = 'Unknown ICMP (obsolete or malformed?)'

export const dissectIcmp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (demand.columns) {
    columns.setProtocol('ICMP')
    columns.setInfo('')
  }
  if (bytes.length < start + HEAD || length < HEAD) {
    if (Math.min(length, bytes.length - start) >= CUT_HEAD && NUMBERED.has(bytes[start]!)) addCutHead(context, source, start)
    addBoundsMark(context, 'ICMP', source, start + HEAD, start + length)
    return length
  }
  const type = bytes[start]!
  const root = rows.add(ICMP.protocol, source, start, length, ROOT)
  const name = ICMP_TYPES.get(type) ?? UNKNOWN
  const codes = ICMP_CODES.get(type)
  const codeName = codes === undefined ? '' : ` (${codes.get(bytes[start + 1]!) ?? `Unknown code: ${bytes[start + 1]}`})`
  if (demand.columns) columns.setInfo(name.padEnd(INFO_WIDTH) + codeName)
  if (demand.has(ICMP.protocol) || demand.has(EXPERT.protocol)) {
    const typeRow = rows.add(ICMP.type, source, start, 1, root)
    const code = rows.add(ICMP.code, source, start + 1, 1, root)
    const checksum = rows.add(ICMP.checksum, source, start + 2, 2, root)
    const sum = (bytes[start + 2]! << 8) | bytes[start + 3]!
    const wrong = start + length > bytes.length || context.inError ? 0 : checksumOf(bytes, start, length)
    const isGood = start + length > bytes.length || context.inError ? null : wrong === 0
    const wanted = hex(foldedSum(sum + wrong))
    if (isGood === false) addExpert(context, checksum, ICMP_BODY.checksumBad, Severity.Warning, Group.Checksum, `Bad checksum [should be 0x${wanted}]`)
    rows.addGiven(ICMP.checksumStatus, source, start + 2, 0, root, isGood === null ? 2 : isGood ? 1 : 0)
    if (demand.text(ICMP.protocol)) {
      rows.setText(typeRow, `Type: ${type} (${name})`)
      rows.setText(code, `Code: ${bytes[start + 1]}${codeName}`)
      const verdict = isGood === null ? '[unverified]' : isGood ? '[correct]' : `incorrect, should be 0x${wanted}`
      rows.setText(checksum, `Checksum: 0x${hex(sum)} ${verdict}${context.inError ? ' [in ICMP error packet]' : ''}`)
    }
  }
  if (type === EchoRequest || type === EchoReply) dissectEcho(context, root, source, start, length, type === EchoRequest)
  else if (ERRORS.has(type)) {
    addErrorWord(context, root, source, start, type)
    // Of what a redirect is about, the head and eight bytes more are looked at.
    const quoted = type === Redirect && start + HEAD < bytes.length ? Math.min(length - HEAD, (bytes[start + HEAD]! & 15) * 4 + 8) : length - HEAD
    dissectQuoted(context, root, source, start + HEAD, quoted)
  } else if (NUMBERED.has(type)) {
    addNumbers(context, root, source, start)
    if (demand.columns) columns.setInfo(name.padEnd(INFO_WIDTH) + numbersText(context, source, start))
    addRequestBody(context, root, source, start, length, type)
  } else if (type === 9) addRouters(context, root, source, start, length)
  return length
}

function addCutHead({ rows }: DissectContext, source: number, start: number): void {
  const bytes = rows.sources[source]!
  const root = rows.add(ICMP.protocol, source, start, bytes.length - start, ROOT)
  rows.add(ICMP.type, source, start, 1, root)
  rows.add(ICMP.code, source, start + 1, 1, root)
  rows.add(ICMP.checksum, source, start + 2, 2, root)
  rows.addGiven(ICMP.checksumStatus, source, start + 2, 0, root, 2)
  const id = (bytes[start + 4]! << 8) | bytes[start + 5]!
  rows.addGiven(ICMP.ident, source, start + 4, 2, root, id)
  rows.addGiven(ICMP.identLe, source, start + 4, 2, root, swap(id))
}

/** The word of an error behind its checksum: a gateway, the place of the fault, the size that fits, the length of what is quoted. */
function addErrorWord(context: DissectContext, root: number, source: number, start: number, type: number): void {
  const { rows } = context
  const bytes = rows.sources[source]!
  const unused = (at: number, size: number): number => rows.add(ICMP.unused, source, at, size, root)
  const [code, words] = [bytes[start + 1]!, bytes[start + 5]!]
  if (type === Redirect) rows.add(ICMP.redirGw, source, start + 4, 4, root)
  else if (type === ParameterProblem && (code === 0 || bytes[start + 4] !== 0)) {
    rows.addGiven(ICMP_BODY.pointer, source, start + 4, 1, root, bytes[start + 4]!)
    if (words === 0) {
      unused(start + 5, 3)
      return
    }
    unused(start + 5, 1)
  } else if (type === 3 && code === FragmentationNeeded && words === 0) {
    unused(start + 4, 2)
    rows.add(ICMP.mtu, source, start + 6, 2, root)
  } else if (type === 4) return
  else if (words === 0) unused(start + 4, 4)
  else {
    unused(start + 4, 1)
    rows.add(ICMP.length, source, start + 5, 1, root)
    rows.addGiven(ICMP_BODY.originalLength, source, start + 5, 0, root, words * 4)
    if (type === 3 && code === FragmentationNeeded) rows.add(ICMP.mtu, source, start + 6, 2, root)
    else unused(start + 6, 2)
  }
}

function addRequestBody(context: DissectContext, root: number, source: number, start: number, length: number, type: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const at = start + HEAD
  if ((type === 17 || type === 18) && length >= 12 && at + 4 <= bytes.length) rows.add(ICMP_BODY.addressMask, source, at, 4, root)
  if (type !== 13 && type !== 14) return
  for (const [i, field] of [ICMP_BODY.originateTimestamp, ICMP_BODY.receiveTimestamp, ICMP_BODY.transmitTimestamp].entries()) {
    const place = at + 4 * i
    if (place + 4 > Math.min(bytes.length, start + length)) return
    const row = rows.add(field, source, place, 4, root)
    if (!demand.text(field)) continue
    const value = word(bytes, place)
    rows.setText(row, `${['Originate', 'Receive', 'Transmit'][i]} Timestamp: ${value} (${sinceMidnight(value)} after midnight UTC)`)
  }
}

/** Milliseconds of the day; those of a machine that forgot the network's order of bytes are turned round. */
function sinceMidnight(value: number): string {
  const big = value & 0x7fff_ffff
  const turned = ((value & 255) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)
  const ms = big >= DAY_MS && (turned & 0x7fff_ffff) < DAY_MS ? turned & 0x7fff_ffff : big
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  const count = (number: number, unit: string): string => (number === 0 ? '' : `${number} ${unit}${number === 1 ? '' : 's'}, `)
  return `${count(hours, 'hour')}${count(minutes, 'minute')}${((ms % 60_000) / 1000).toFixed(3)} seconds`
}

function addRouters(context: DissectContext, root: number, source: number, start: number, length: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  rows.add(ICMP_BODY.numAddrs, source, start + 4, 1, root)
  rows.add(ICMP_BODY.addrEntrySize, source, start + 5, 1, root)
  const lifetime = rows.add(ICMP_BODY.lifetime, source, start + 6, 2, root)
  const seconds = (bytes[start + 6]! << 8) | bytes[start + 7]!
  if (demand.text(ICMP_BODY.lifetime)) rows.setText(lifetime, `Lifetime: ${seconds} (${durationText(seconds)})`)
  if (bytes[start + 5] !== 2) return
  for (let i = 0, at = start + HEAD; i < bytes[start + 4]! && at + 8 <= Math.min(bytes.length, start + length); i++, at += 8) {
    rows.add(ICMP_BODY.routerAddress, source, at, 4, root)
    rows.add(ICMP_BODY.prefLevel, source, at + 4, 4, root)
  }
}

function dissectEcho(context: DissectContext, root: number, source: number, start: number, length: number, isRequest: boolean): void {
  const { rows, demand, columns, frame, echoes } = context
  const bytes = rows.sources[source]!
  const id = (bytes[start + 4]! << 8) | bytes[start + 5]!
  const sequence = (bytes[start + 6]! << 8) | bytes[start + 7]!
  addNumbers(context, root, source, start)
  const { addressBytes, sourceAddress, destinationAddress, addressSize } = context
  const end = (at: number): string => addressBytes.subarray(at, at + addressSize).join('.')
  // Whichever way they went, as one conversation.
  const [one, other] = [end(sourceAddress), end(destinationAddress)].sort()
  const key = `${one} ${other} ${id} ${sequence}`
  let match = ''
  if (isRequest) {
    if (!context.inError) echoes.ask(key, frame)
  } else {
    const request = echoes.answer(key)
    if (request !== null) {
      match = ` (request in ${request.frame})`
      rows.addGiven(ICMP.respTo, source, -1, 0, root, request.frame)
      const elapsedMs = (frame.seconds - request.seconds) * 1000 + (frame.nanoseconds - request.nanoseconds) / 1e6
      const row = rows.addGiven(ICMP.resptime, source, -1, 0, root, elapsedMs)
      if (demand.text(ICMP.resptime)) rows.setText(row, `Response time: ${elapsedMs.toFixed(3)} ms`)
    }
  }
  if (demand.columns)
    columns.setInfo(
      `Echo (ping) ${isRequest ? 'request' : 'reply  '}  id=0x${id.toString(16).padStart(4, '0')}, seq=${sequence}/${swap(sequence)}${timeToLive(context)}${match}`,
    )
  const taken = addDataTime(context, root, source, start + HEAD, length - HEAD)
  addData(context, source, start + HEAD + taken, length - HEAD - taken, root)
}

/** Identifier and sequence number, read in both orders of bytes. */
function addNumbers(context: DissectContext, root: number, source: number, start: number): void {
  const { rows, demand } = context
  const bytes = rows.sources[source]!
  const put = (field: number, at: number, name: string, isBig: boolean): void => {
    const big = (bytes[at]! << 8) | bytes[at + 1]!
    const value = isBig ? big : swap(big)
    const row = rows.addGiven(field, source, at, 2, root, value)
    if (demand.text(field)) rows.setText(row, `${name} (${isBig ? 'BE' : 'LE'}): ${value} (0x${hex(value)})`)
  }
  put(ICMP.ident, start + 4, 'Identifier', true)
  put(ICMP.identLe, start + 4, 'Identifier', false)
  put(ICMP.seq, start + 6, 'Sequence Number', true)
  put(ICMP.seqLe, start + 6, 'Sequence Number', false)
}

function numbersText(context: DissectContext, source: number, start: number): string {
  const bytes = context.rows.sources[source]!
  const sequence = (bytes[start + 6]! << 8) | bytes[start + 7]!
  const id = (bytes[start + 4]! << 8) | bytes[start + 5]!
  return ` id=0x${hex(id)}, seq=${sequence}/${swap(sequence)}${timeToLive(context)}`
}

/** A ping puts the time into its first eight bytes: seconds and microseconds in its machine's order. Returns the bytes that are a time. */
function addDataTime(context: DissectContext, root: number, source: number, at: number, length: number): number {
  const { rows, frame } = context
  const bytes = rows.sources[source]!
  if (length < 8 || at + 8 > bytes.length || !frame.hasTime) return 0
  for (const isBig of [true, false]) {
    const seconds = BigInt(isBig ? word(bytes, at) : littleWord(bytes, at))
    const micros = BigInt(isBig ? word(bytes, at + 4) : littleWord(bytes, at + 4))
    const apart = seconds - BigInt(frame.seconds)
    if (micros >= 1_000_000n || apart >= DAY_SECONDS || -apart >= DAY_SECONDS) continue
    const time = seconds * 1_000_000_000n + micros * 1000n
    rows.addGiven(ICMP_BODY.dataTime, source, at, 8, root, time)
    rows.addGiven(ICMP_BODY.dataTimeRelative, source, at, 8, root, timeOf(frame) - time)
    return 8
  }
  return 0
}

function timeToLive(context: DissectContext): string {
  const { addressBytes, sourceAddress, addressSize } = context
  return addressSize === 4 ? `, ttl=${addressBytes[sourceAddress - 4]}` : ''
}

/** The packet that an error is about, below the error's row; nothing is learned from it. */
export function dissectQuoted(context: DissectContext, root: number, source: number, start: number, length: number, network: 'ip' | 'ipv6' = 'ip'): void {
  const [was, outer] = [context.inError, context.rows.top]
  context.inError = true
  context.rows.top = root
  const [protocol, info] = [context.columns.protocol, context.columns.info]
  const transport = context.registry.named(network)
  if (transport !== null && length > 0) context.call(network, transport.dissect, source, start, length)
  context.columns.protocol = protocol
  context.columns.info = info
  context.inError = was
  context.rows.top = outer
}

function swap(value: number): number {
  return ((value & 255) << 8) | (value >> 8)
}

/** The Internet checksum over a range, 0 when it is right. */
function checksumOf(bytes: Uint8Array, start: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += i % 2 === 0 ? bytes[start + i]! << 8 : bytes[start + i]!
  return ~foldedSum(sum) & 0xffff
}

export function foldedSum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16)
  return folded
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function littleWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 3]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 1]! << 8) | bytes[at]!) >>> 0
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0')
}
