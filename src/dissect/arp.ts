// ARP: who has this IPv4 address? [RFC 826]
// Addresses of other kinds than Ethernet and IPv4 are shown as bytes. Probes and announcements are RFC 5227's.

import { bytesText, etherText, ipv4Text } from './address-text.ts'
import { ARP_MEANING } from './arp-fields.ts'
import type { DissectContext } from './context.ts'
import { etherName } from './ether-names.ts'
import { addBoundsMark, addExpert, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { ARP } from './link-fields.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

const Opcode = { Request: 1, Reply: 2, Nak: 10 } as const

/** Titles of operations; requests and replies say more. */
const TITLES: ReadonlyMap<number, string> = new Map([
  [0, 'reserved'],
  [1, 'request'],
  [2, 'reply'],
  [3, 'reverse request'],
  [4, 'reverse reply'],
  [5, 'drarp request'],
  [6, 'drarp reply'],
  [7, 'drarp error'],
  [8, 'inverse request'],
  [9, 'inverse reply'],
  [10, 'arp nak'],
])

/** What the Protocol column says of other operations than ARP's own. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [3, 'RARP'],
  [4, 'RARP'],
  [5, 'DRARP'],
  [6, 'DRARP'],
  [7, 'DRARP'],
  [8, 'Inverse ARP'],
  [9, 'Inverse ARP'],
])

/** Where the addresses of a packet stand. */
interface Places {
  readonly senderMac: number
  readonly sender: number
  readonly targetMac: number
  readonly target: number
}

/** What a request or reply is, beyond its operation. */
type Meaning = 'plain' | 'gratuitous' | 'probe' | 'announcement'

export const dissectArp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (demand.columns) {
    columns.protocol = 'ARP'
    columns.setInfo('')
  }
  const stored = Math.min(length, bytes.length - start)
  if (stored < 8) {
    addCutHead(context, source, start, stored, length, 8)
    return length
  }
  const [hardwareType, protocolType] = [(bytes[start]! << 8) | bytes[start + 1]!, (bytes[start + 2]! << 8) | bytes[start + 3]!]
  const [hardwareSize, protocolSize] = [bytes[start + 4]!, bytes[start + 5]!]
  const opcode = (bytes[start + 6]! << 8) | bytes[start + 7]!
  const whole = 8 + 2 * (hardwareSize + protocolSize)
  if (context.payloadEnd < 0) context.payloadEnd = Math.min(start + whole, start + length)
  if (stored < whole) {
    addCutHead(context, source, start, stored, length, whole)
    return length
  }
  const root = rows.add(ARP.protocol, source, start, whole, ROOT)
  if (demand.columns) columns.protocol = PROTOCOLS.get(opcode) ?? 'ARP'
  rows.add(ARP.hwType, source, start, 2, root)
  rows.add(ARP.protoType, source, start + 2, 2, root)
  rows.add(ARP.hwSize, source, start + 4, 1, root)
  rows.add(ARP.protoSize, source, start + 5, 1, root)
  const isMac = hardwareType === 1 && hardwareSize === 6
  const isIpv4 = protocolType === 0x0800 && protocolSize === 4
  const places: Places = {
    senderMac: start + 8,
    sender: start + 8 + hardwareSize,
    targetMac: start + 8 + hardwareSize + protocolSize,
    target: start + 8 + 2 * hardwareSize + protocolSize,
  }
  const meaning = isIpv4 ? meaningOf(bytes, opcode, places) : 'plain'
  if (demand.text(ARP.protocol)) rows.setText(root, `Address Resolution Protocol (${titleOf(opcode, meaning)})`)
  rows.add(ARP.opcode, source, start + 6, 2, root)
  if (meaning === 'gratuitous' || meaning === 'announcement') rows.addGiven(ARP.isgratuitous, source, -1, 0, root, 1)
  if (meaning === 'probe') rows.addGiven(ARP_MEANING.isProbe, source, -1, 0, root, 1)
  if (meaning === 'announcement') rows.addGiven(ARP_MEANING.isAnnouncement, source, -1, 0, root, 1)
  const addHardware = (mac: number, other: number, at: number, label: string): void => {
    if (hardwareSize === 0) return
    const row = rows.add(isMac ? mac : other, source, at, hardwareSize, root)
    if (isMac && demand.text(mac)) rows.setText(row, `${label} MAC address: ${etherName(bytes, at)} (${etherText(bytes.subarray(at, at + 6))})`)
  }
  const addProtocol = (ipv4: number, other: number, at: number): void => {
    if (protocolSize > 0) rows.add(isIpv4 ? ipv4 : other, source, at, protocolSize, root)
  }
  addHardware(ARP.srcHwMac, ARP.srcHw, places.senderMac, 'Sender')
  addProtocol(ARP.srcProtoIpv4, ARP.srcProto, places.sender)
  addHardware(ARP.dstHwMac, ARP.dstHw, places.targetMac, 'Target')
  addProtocol(ARP.dstProtoIpv4, ARP.dstProto, places.target)
  const addressText = (at: number, size: number): string =>
    isIpv4 ? ipv4At(bytes, at) : size === 0 ? '<No address>' : bytesText(bytes.subarray(at, at + size), '')
  const hardwareText = (at: number): string => bytesText(bytes.subarray(at, at + hardwareSize), ':')
  if (demand.columns)
    columns.setInfo(
      infoOf(
        opcode,
        meaning,
        addressText(places.sender, protocolSize),
        addressText(places.target, protocolSize),
        hardwareText(places.senderMac),
        hardwareText(places.targetMac),
      ),
    )
  if (isMac && isIpv4 && (opcode === Opcode.Request || opcode === Opcode.Reply)) addDuplicates(context, source, opcode, places)
  return length
}

const HEAD: readonly (readonly [field: number, offset: number, size: number])[] = [
  [ARP.hwType, 0, 2],
  [ARP.protoType, 2, 2],
  [ARP.hwSize, 4, 1],
  [ARP.protoSize, 5, 1],
  [ARP.opcode, 6, 2],
]

/** What a packet that is cut short still tells. */
function addCutHead(context: DissectContext, source: number, start: number, stored: number, length: number, wanted: number): void {
  const { rows } = context
  const root = rows.add(ARP.protocol, source, start, Math.max(0, stored), ROOT)
  for (const [field, offset, size] of HEAD) if (offset + size <= stored) rows.add(field, source, start + offset, size, root)
  addBoundsMark(context, 'ARP/RARP', source, start + wanted, start + length)
}

function titleOf(opcode: number, meaning: Meaning): string {
  if (meaning === 'probe') return 'ARP Probe'
  if (meaning === 'announcement') return 'ARP Announcement'
  const title = TITLES.get(opcode) ?? `opcode 0x${opcode.toString(16).padStart(4, '0')}`
  return meaning === 'gratuitous' ? `${title}/gratuitous ARP` : title
}

/** A request from nobody asks whether an address is free; one for the sender's own address says that it is taken. */
function meaningOf(bytes: Uint8Array, opcode: number, { sender, targetMac, target }: Places): Meaning {
  if (opcode !== Opcode.Request && opcode !== Opcode.Reply) return 'plain'
  const isSame = [0, 1, 2, 3].every((i) => bytes[sender + i] === bytes[target + i])
  const isUnknown = [0, 1, 2, 3, 4, 5].every((i) => bytes[targetMac + i] === 0)
  if (isSame) return opcode === Opcode.Request && isUnknown ? 'announcement' : 'gratuitous'
  return opcode === Opcode.Request && isUnknown && [0, 1, 2, 3].every((i) => bytes[sender + i] === 0) ? 'probe' : 'plain'
}

function infoOf(opcode: number, meaning: Meaning, sender: string, target: string, mac: string, targetMac: string): string {
  if (meaning === 'announcement') return `ARP Announcement for ${target}`
  if (meaning === 'gratuitous') return `Gratuitous ARP for ${target} (${opcode === Opcode.Request ? 'Request' : 'Reply'})`
  if (meaning === 'probe') return `Who has ${target}? (ARP Probe)`
  switch (opcode) {
    case 0:
      return 'Reserved opcode 0'
    case Opcode.Request:
      return `Who has ${target}? Tell ${sender}`
    case Opcode.Reply:
      return `${sender} is at ${mac}`
    case 3:
    case 5:
    case 8:
      return `Who is ${targetMac}? Tell ${mac}`
    case 4:
    case 6:
    case 9:
      return `${opcode === 9 ? mac : targetMac} is at ${opcode === 9 ? sender : target}`
    case 7:
      return 'DRARP Error'
    case Opcode.Nak:
      return 'ARP NAK'
    default:
      return `Unknown ARP opcode 0x${opcode.toString(16).padStart(4, '0')}`
  }
}

/** Two machines with one address: the sender's, and that of a reply's target. */
function addDuplicates(context: DissectContext, source: number, opcode: number, { senderMac, sender, targetMac, target }: Places): void {
  const bytes = context.rows.sources[source]!
  addDuplicate(context, source, sender, senderMac, opcode === Opcode.Request)
  if (opcode === Opcode.Reply && ipv4At(bytes, target) !== ipv4At(bytes, sender)) addDuplicate(context, source, target, targetMac, false)
}

function addDuplicate(context: DissectContext, source: number, address: number, mac: number, isRequest: boolean): void {
  const { rows, frame, demand, columns } = context
  const bytes = rows.sources[source]!
  const [ip, own] = [ipv4At(bytes, address), etherText(bytes.subarray(mac, mac + 6))]
  if (ip === '0.0.0.0' || own === '00:00:00:00:00:00' || own === 'ff:ff:ff:ff:ff:ff') return
  const holder = context.arpHolders.use(ip, own, frame.number, frame.seconds)
  if (holder === null) return
  const root = rows.add(TEXT_ROW, source, address, 4, ROOT)
  if (demand.text(ARP.protocol)) rows.setText(root, `[Duplicate IP address detected for ${ip} (${own}) - also in use by ${holder.mac} (frame ${holder.frame})]`)
  const earlier = rows.addGiven(ARP_MEANING.duplicateFrame, source, address, 0, root, holder.frame)
  addExpert(context, earlier, ARP_MEANING.duplicateDetected, Severity.Warning, Group.Sequence, `Duplicate IP address configured (${ip})`)
  rows.addGiven(ARP_MEANING.duplicateSeconds, source, address, 0, root, Math.max(0, frame.seconds - holder.seconds))
  if (demand.columns && isRequest) columns.appendInfo(` (duplicate use of ${ip} detected!)`)
}

function ipv4At(bytes: Uint8Array, at: number): string {
  return ipv4Text(((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0)
}
