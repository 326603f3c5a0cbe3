// ICMPv6: echoes, and errors with the packet they quote. [RFC 4443]
// Neighbour discovery is in neighbours.ts, multicast listeners in listeners.ts.

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { ICMPV6 } from './datagram-fields.ts'
import { addExpert, EXPERT, Group, MALFORMED, Severity } from './expert.ts'
import { FIELDS } from './field.ts'
import { dissectQuoted, foldedSum } from './icmp.ts'
import { ICMPV6_BODY, ICMPV6_CODES } from './icmpv6-fields.ts'
import { addListeners } from './listeners.ts'
import { addNeighbours } from './neighbours.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'
import { Walk } from './walk.ts'

const Type = { Unreachable: 1, TooBig: 2, TimeExceeded: 3, ParameterProblem: 4, EchoRequest: 128, EchoReply: 129 } as const
const [BAD, GOOD, UNVERIFIED] = [0, 1, 2] as const
const ICMPV6_NUMBER = 58
const TYPES = FIELDS[ICMPV6.type]!.values as ReadonlyMap<number, string>

export const dissectIcmpv6: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const root = rows.add(ICMPV6.protocol, source, start, Math.max(0, Math.min(length, bytes.length - start)), ROOT)
  if (demand.columns) {
    columns.setProtocol('ICMPv6')
    columns.setInfo('')
  }
  const isRead = demand.has(ICMPV6.protocol) || demand.has(EXPERT.protocol) || demand.has(MALFORMED.protocol) || demand.columns
  const type = bytes[start]
  const isError = type !== undefined && type < 128
  if (!isRead && !isError && bytes.length >= start + length && length >= 4) return length
  const walk = new Walk()
  walk.begin(context, source, start, length)
  try {
    addMessage(context, walk, root)
  } catch (error) {
    walk.ended(error, 'ICMPv6')
  }
  // Even an empty message is one.
  return Math.max(1, length)
}

function addMessage(context: DissectContext, walk: Walk, root: number): void {
  const { rows, demand, columns } = context
  const { bytes, source, at: start, end } = walk
  const type = walk.byte(ICMPV6.type, root)
  const name = TYPES.get(type) ?? `Unknown (${type})`
  if (demand.columns) columns.setInfo(name)
  walk.need(1)
  const code = bytes[walk.at]!
  const codeRow = walk.run(ICMPV6.code, 1, root)
  const codes = ICMPV6_CODES.get(type)
  const codeName = codes === undefined ? '' : ` (${codes[code] ?? (type === Type.Unreachable ? 'Unknown' : `Unknown (${code})`)})`
  if (demand.text(ICMPV6.code)) rows.setText(codeRow, `Code: ${code}${codeName}`)
  if (demand.columns && codeName !== '') columns.appendInfo(codeName)
  walk.need(2)
  addChecksum(context, root, source, start, end - start)
  walk.at = start + 4
  switch (type) {
    case Type.Unreachable:
    case Type.TimeExceeded:
      walk.run(ICMPV6_BODY.reserved, 4, root)
      break
    case Type.TooBig:
      walk.run(ICMPV6_BODY.mtu, 4, root)
      break
    case Type.ParameterProblem:
      walk.run(ICMPV6_BODY.pointer, 4, root)
      break
    case Type.EchoRequest:
    case Type.EchoReply:
      addEcho(context, walk, root, type === Type.EchoRequest)
      return
    default:
      if (addNeighbours(context, walk, root, type) || addListeners(context, walk, root, type)) return
      addUndecoded(context, walk, root, type)
      return
  }
  if (walk.left > 0) dissectQuoted(context, root, source, walk.at, walk.left, 'ipv6')
}

function addUndecoded(context: DissectContext, walk: Walk, root: number, type: number): void {
  const text = `ICMPv6 Type (${type}) is not decoded`
  addExpert(context, root, ICMPV6_BODY.undecodedType, Severity.Note, Group.Undecoded, text)
  if (walk.left > 0) walk.run(ICMPV6_BODY.data, walk.left, root)
}

/** The sum over a pseudo header and the message. [RFC 8200, section 8.1] */
function addChecksum(context: DissectContext, root: number, source: number, start: number, length: number): void {
  const { rows, demand, addressBytes, addressSize, sourceAddress, destinationAddress } = context
  const bytes = rows.sources[source]!
  const row = rows.add(ICMPV6.checksum, source, start + 2, 2, root)
  const shown = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const isKnown = start + length <= bytes.length && addressSize === 16 && !context.inError && !context.fragmented
  let sum = length + ICMPV6_NUMBER
  if (isKnown) {
    for (const at of [sourceAddress, destinationAddress]) for (let i = 0; i < 16; i++) sum += i % 2 === 0 ? addressBytes[at + i]! << 8 : addressBytes[at + i]!
    for (let i = 0; i < length; i++) sum += i % 2 === 0 ? bytes[start + i]! << 8 : bytes[start + i]!
  }
  const wrong = isKnown ? ~foldedSum(sum) & 0xffff : 0
  const wanted = hex(foldedSum(shown + wrong))
  if (wrong !== 0) addExpert(context, row, ICMPV6_BODY.checksumBadExpert, Severity.Warning, Group.Checksum, `Bad checksum [should be 0x${wanted}]`)
  rows.addGiven(ICMPV6.checksumStatus, source, start + 2, 0, root, isKnown ? (wrong === 0 ? GOOD : BAD) : UNVERIFIED)
  if (!demand.text(ICMPV6.checksum)) return
  const verdict = isKnown ? (wrong === 0 ? '[correct]' : `incorrect, should be 0x${wanted}`) : '[unverified]'
  rows.setText(row, `Checksum: 0x${hex(shown)} ${verdict}${context.inError ? ' [in ICMP error packet]' : ''}`)
}

function addEcho(context: DissectContext, walk: Walk, root: number, isRequest: boolean): void {
  const { rows, demand, columns, frame, echoes, addressBytes, addressSize, sourceAddress, destinationAddress } = context
  const id = walk.two(ICMPV6.echoIdentifier, root)
  const sequence = walk.two(ICMPV6.echoSequenceNumber, root)
  if (demand.columns && addressSize === 16) columns.appendInfo(` id=0x${hex(id)}, seq=${sequence}, hop limit=${addressBytes[sourceAddress - 1]}`)
  const ends = [sourceAddress, destinationAddress].map((at) => addressBytes.subarray(at, at + addressSize).join('.')).sort()
  const key = `6 ${ends.join(' ')} ${id} ${sequence}`
  if (isRequest && !context.inError) echoes.ask(key, frame)
  const request = isRequest || context.inError ? null : echoes.answer(key)
  if (request !== null) {
    if (demand.columns) columns.appendInfo(` (request in ${request.frame})`)
    rows.addGiven(ICMPV6_BODY.respTo, walk.source, -1, 0, root, request.frame)
    const elapsedMs = (frame.seconds - request.seconds) * 1000 + (frame.nanoseconds - request.nanoseconds) / 1e6
    const row = rows.addGiven(ICMPV6_BODY.resptime, walk.source, -1, 0, root, elapsedMs)
    if (demand.text(ICMPV6_BODY.resptime)) rows.setText(row, `Response Time: ${elapsedMs.toFixed(3)} ms`)
  }
  if (walk.left > 0) addData(context, walk.source, walk.at, walk.left, root)
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0')
}
