// UDP: header, flow, and whom the payload belongs to. [RFC 768]
// Flows are numbered as Wireshark numbers them; they remember nothing but times and what protocols keep in them.

import type { DissectContext } from './context.ts'
import type { Conversation } from './conversations.ts'
import { addData } from './data.ts'
import { UDP } from './datagram-fields.ts'
import { addBoundsMark, addExpert, Group, Severity } from './expert.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const HEAD = 8
/** Values of udp.checksum.status. */
const [UNVERIFIED, NOT_PRESENT, ILLEGAL] = [2, 3, 4] as const
/** What a cut header still tells, with its place. */
const CUT_HEAD: readonly (readonly [field: number, offset: number])[] = [
  [UDP.srcport, 0],
  [UDP.dstport, 2],
  [UDP.port, 0],
  [UDP.port, 2],
  [UDP.length, 4],
]

export const dissectUdp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + HEAD || length < HEAD) {
    const stored = Math.min(length, bytes.length - start)
    // The ports are read first.
    if (stored < 4) {
      addBoundsMark(context, 'UDP', source, start + 4, start + length)
      return Math.max(1, length)
    }
    const root = rows.add(UDP.protocol, source, start, stored, ROOT)
    const [from, to] = [(bytes[start]! << 8) | bytes[start + 1]!, (bytes[start + 2]! << 8) | bytes[start + 3]!]
    if (demand.columns) {
      columns.setProtocol('UDP')
      columns.setInfo(`${from} → ${to}${stored < 6 ? '' : ` Len=${((bytes[start + 4]! << 8) | bytes[start + 5]!) - HEAD}`}`)
    }
    if (demand.text(UDP.protocol)) {
      rows.setText(root, `User Datagram Protocol, Src Port: ${from}, Dst Port: ${to}`)
    }
    for (const [field, offset] of CUT_HEAD) if (stored >= offset + 2) rows.add(field, source, start + offset, 2, root)
    addBoundsMark(context, 'UDP', source, start + HEAD, start + length)
    return length
  }
  if (demand.columns) columns.setProtocol('UDP')
  context.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!
  context.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!
  const stated = (bytes[start + 4]! << 8) | bytes[start + 5]!
  const isBad = stated !== 0 && (stated < HEAD || stated > length)
  const whole = stated === 0 || isBad ? length : stated
  const root = rows.add(UDP.protocol, source, start, HEAD, ROOT)
  if (demand.columns) columns.setInfo(`${context.sourcePort} → ${context.destinationPort} Len=${whole - HEAD}`)
  const conversation = flow(context)
  if (demand.has(UDP.protocol)) addHead(context, root, source, start, whole, conversation)
  if (conversation !== null && whole > HEAD && !context.inError) {
    conversation.lastSeconds = context.frame.seconds
    conversation.lastNanoseconds = context.frame.nanoseconds
  }
  if (isBad) {
    if (demand.columns)
      columns.setInfo(`${context.sourcePort} → ${context.destinationPort} [BAD UDP LENGTH ${stated} > IP PAYLOAD LENGTH] Len=${stated - HEAD}`)
    return length
  }
  if (whole > HEAD && start + HEAD >= bytes.length) addBoundsMark(context, 'UDP', source, start + HEAD + 1, start + whole)
  else if (whole > HEAD) dispatch(context, source, start + HEAD, whole - HEAD)
  return length
}

function flow(context: DissectContext): Conversation | null {
  const { udpConversations, addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort, frame } = context
  let found = udpConversations.find(addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort)
  if (found === null) found = udpConversations.add(addressBytes, sourceAddress, destinationAddress, addressSize, sourcePort, destinationPort, frame)
  context.conversation = found
  context.direction = udpConversations.reversed ? 1 : 0
  return found
}

function dispatch(context: DissectContext, source: number, start: number, length: number): void {
  const { registry, sourcePort, destinationPort, conversation } = context
  const bytes = context.rows.sources[source]!
  const end = Math.min(bytes.length, start + length)
  const chosen = conversation?.protocol ?? null
  if (chosen !== null && context.call(chosen.name, chosen.dissect, source, start, length) > 0) return
  for (let i = 0; i < 2; i++) {
    const port = i === 0 ? Math.min(sourcePort, destinationPort) : Math.max(sourcePort, destinationPort)
    const protocol = registry.port('udp.port', port)
    if (protocol !== null && context.call(protocol.name, protocol.dissect, source, start, length) > 0) return
  }
  for (const protocol of context.auto ? registry.udpHeuristics : [])
    if (protocol.recognises?.(bytes, start, end) === true && context.call(protocol.name, protocol.dissect, source, start, length) > 0) {
      if (conversation !== null) conversation.protocol = protocol
      return
    }
  addData(context, source, start, length)
}

function addHead(context: DissectContext, root: number, source: number, start: number, whole: number, conversation: Conversation | null): void {
  const { rows, demand, frame, sourcePort, destinationPort } = context
  const bytes = rows.sources[source]!
  rows.add(UDP.srcport, source, start, 2, root)
  rows.add(UDP.dstport, source, start + 2, 2, root)
  rows.add(UDP.port, source, start, 2, root)
  rows.add(UDP.port, source, start + 2, 2, root)
  rows.add(UDP.length, source, start + 4, 2, root)
  const checksum = rows.add(UDP.checksum, source, start + 6, 2, root)
  const sum = (bytes[start + 6]! << 8) | bytes[start + 7]!
  const isIllegal = sum === 0 && context.addressSize === 16
  if (isIllegal) addExpert(context, checksum, UDP.checksumZero, Severity.Error, Group.Checksum, 'Illegal checksum value (0)')
  rows.addGiven(UDP.checksumStatus, source, start + 6, 0, sum === 0 ? checksum : root, isIllegal ? ILLEGAL : sum === 0 ? NOT_PRESENT : UNVERIFIED)
  if (conversation !== null) {
    rows.addGiven(UDP.stream, source, start + HEAD, 0, root, conversation.index)
    if (frame.hasTime && whole > HEAD && !context.inError) {
      const tree = rows.add(UDP.timestamps, source, start, 0, root)
      if (demand.text(UDP.timestamps)) rows.setText(tree, 'Timestamps')
      const since = (seconds: number, nanoseconds: number): bigint => BigInt(frame.seconds - seconds) * 1_000_000_000n + BigInt(frame.nanoseconds - nanoseconds)
      rows.addGiven(UDP.timeRelative, source, -1, 0, tree, since(conversation.firstSeconds, conversation.firstNanoseconds))
      rows.addGiven(UDP.timeDelta, source, -1, 0, tree, since(conversation.lastSeconds, conversation.lastNanoseconds))
    }
  }
  const size = Math.min(whole - HEAD, bytes.length - start - HEAD)
  const payload = size > 0 ? rows.add(UDP.payload, source, start + HEAD, size, root) : -1
  if (!demand.text(UDP.protocol)) return
  rows.setText(root, `User Datagram Protocol, Src Port: ${sourcePort}, Dst Port: ${destinationPort}`)
  rows.setText(
    checksum,
    sum === 0 ? `Checksum: 0x0000 [zero-value ${isIllegal ? 'illegal' : 'ignored'}]` : `Checksum: 0x${sum.toString(16).padStart(4, '0')} [unverified]`,
  )
  if (payload >= 0) rows.setText(payload, `UDP payload (${whole - HEAD} byte${whole - HEAD === 1 ? '' : 's'})`)
}
