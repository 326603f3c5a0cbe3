// ICMP and ICMPv6: echoes, and errors with the packet they quote. [RFC 792, RFC 4443]
// A quoted packet is shown, but nothing is learned from it.

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { ICMP, ICMPV6 } from './datagram-fields.ts'
import { addBoundsMark } from './expert.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const HEAD = 8
const EchoReply = 0
const EchoRequest = 8
/** Types that quote a packet: unreachable, quench, redirect, time exceeded, parameter problem. */
const ERRORS = new Set([3, 4, 5, 11, 12])
const TYPE_TEXTS: ReadonlyMap<number, string> = new Map([
  [EchoReply, 'Echo (ping) reply'],
  [3, 'Destination unreachable'],
  [4, 'Source quench (flow control)'],
  [5, 'Redirect'],
  [EchoRequest, 'Echo (ping) request'],
  [11, 'Time-to-live exceeded'],
  [12, 'Parameter problem'],
])

export const dissectIcmp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (demand.columns) {
    columns.setProtocol('ICMP')
    columns.setInfo('')
  }
  if (bytes.length < start + HEAD || length < HEAD) {
    rows.add(ICMP.protocol, source, start, Math.max(0, Math.min(length, bytes.length - start)), ROOT)
    addBoundsMark(context, 'ICMP', source, start + HEAD, start + length)
    return length
  }
  const type = bytes[start]!
  const root = rows.add(ICMP.protocol, source, start, length, ROOT)
  if (demand.columns) columns.setInfo(TYPE_TEXTS.get(type) ?? 'Unknown ICMP')
  if (demand.has(ICMP.protocol)) {
    const typeRow = rows.add(ICMP.type, source, start, 1, root)
    const code = rows.add(ICMP.code, source, start + 1, 1, root)
    const checksum = rows.add(ICMP.checksum, source, start + 2, 2, root)
    const isGood = start + length > bytes.length ? null : checksumOf(bytes, start, length) === 0
    rows.addGiven(ICMP.checksumStatus, source, start + 2, 0, root, isGood === null ? 2 : isGood ? 1 : 0)
    if (demand.text(ICMP.protocol)) {
      rows.setText(root, 'Internet Control Message Protocol')
      rows.setText(typeRow, `Type: ${type} (${TYPE_TEXTS.get(type) ?? 'Unknown'})`)
      rows.setText(code, `Code: ${bytes[start + 1]}`)
      const text = ((bytes[start + 2]! << 8) | bytes[start + 3]!).toString(16).padStart(4, '0')
      rows.setText(checksum, `Checksum: 0x${text} [${isGood === null ? 'unverified' : isGood ? 'correct' : 'incorrect'}]`)
    }
  }
  if (type === EchoRequest || type === EchoReply) dissectEcho(context, root, source, start, length, type === EchoRequest)
  else if (ERRORS.has(type)) dissectQuoted(context, source, start + HEAD, length - HEAD)
  else addData(context, source, start + HEAD, length - HEAD)
  return length
}

function dissectEcho(context: DissectContext, root: number, source: number, start: number, length: number, isRequest: boolean): void {
  const { rows, demand, columns, frame, echoes } = context
  const bytes = rows.sources[source]!
  const id = (bytes[start + 4]! << 8) | bytes[start + 5]!
  const sequence = (bytes[start + 6]! << 8) | bytes[start + 7]!
  const put = (field: number, at: number, value: number): void => {
    const row = rows.addGiven(field, source, at, 2, root, value)
    if (!demand.text(field)) return
    const [name, order] = [at === start + 4 ? 'Identifier' : 'Sequence Number', field === ICMP.ident || field === ICMP.seq ? 'BE' : 'LE']
    rows.setText(row, `${name} (${order}): ${value} (0x${value.toString(16).padStart(4, '0')})`)
  }
  put(ICMP.ident, start + 4, id)
  put(ICMP.identLe, start + 4, swap(id))
  put(ICMP.seq, start + 6, sequence)
  put(ICMP.seqLe, start + 6, swap(sequence))
  const { addressBytes, sourceAddress, destinationAddress, addressSize } = context
  const end = (at: number): string => addressBytes.subarray(at, at + addressSize).join('.')
  const from = isRequest ? sourceAddress : destinationAddress
  const to = isRequest ? destinationAddress : sourceAddress
  const key = `${end(from)} ${end(to)} ${id} ${sequence}`
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
  addData(context, source, start + HEAD, length - HEAD)
}

function timeToLive(context: DissectContext): string {
  const { addressBytes, sourceAddress, addressSize } = context
  return addressSize === 4 ? `, ttl=${addressBytes[sourceAddress - 4]}` : ''
}

function dissectQuoted(context: DissectContext, source: number, start: number, length: number): void {
  const was = context.inError
  context.inError = true
  const [protocol, info] = [context.columns.protocol, context.columns.info]
  const transport = context.registry.named('ip')
  if (transport !== null && length > 0) context.call('ip', transport.dissect, source, start, length)
  context.columns.protocol = protocol
  context.columns.info = info
  context.inError = was
}

export const dissectIcmpv6: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  const root = rows.add(ICMPV6.protocol, source, start, Math.max(0, Math.min(length, bytes.length - start)), ROOT)
  if (demand.columns) {
    columns.setProtocol('ICMPv6')
    columns.setInfo('')
  }
  if (bytes.length < start + 4 || length < 4) {
    addBoundsMark(context, 'ICMPv6', source, start + 4, start + length)
    return length
  }
  if (demand.text(ICMPV6.protocol)) rows.setText(root, 'Internet Control Message Protocol v6')
  rows.add(ICMPV6.type, source, start, 1, root)
  rows.add(ICMPV6.code, source, start + 1, 1, root)
  rows.add(ICMPV6.checksum, source, start + 2, 2, root)
  const type = bytes[start]!
  if ((type === 128 || type === 129) && bytes.length >= start + HEAD && length >= HEAD) {
    rows.add(ICMPV6.echoIdentifier, source, start + 4, 2, root)
    rows.add(ICMPV6.echoSequenceNumber, source, start + 6, 2, root)
    addData(context, source, start + HEAD, length - HEAD)
  }
  return length
}

function swap(value: number): number {
  return ((value & 255) << 8) | (value >> 8)
}

/** The Internet checksum over a range, 0 when it is right. */
function checksumOf(bytes: Uint8Array, start: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += i % 2 === 0 ? bytes[start + i]! << 8 : bytes[start + i]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
