// ARP: who has this IPv4 address? [RFC 826]
// Addresses of other kinds than Ethernet and IPv4 are shown as bytes.

import { etherText, ipv4Text } from './address-text.ts'
import { etherName } from './ether-names.ts'
import { addBoundsMark } from './expert.ts'
import { ARP } from './link-fields.ts'
import type { Dissect } from './registry.ts'
import { ROOT } from './rows.ts'

export const dissectArp: Dissect = (context, source, start, length) => {
  const { rows, demand, columns } = context
  const bytes = rows.sources[source]!
  if (bytes.length < start + 8 || length < 8) {
    addBoundsMark(context, 'ARP', source, start + 8, start + length)
    return length
  }
  const [hardwareType, protocolType] = [(bytes[start]! << 8) | bytes[start + 1]!, (bytes[start + 2]! << 8) | bytes[start + 3]!]
  const [hardwareSize, protocolSize] = [bytes[start + 4]!, bytes[start + 5]!]
  const opcode = (bytes[start + 6]! << 8) | bytes[start + 7]!
  const whole = 8 + 2 * (hardwareSize + protocolSize)
  if (context.payloadEnd < 0) context.payloadEnd = Math.min(start + whole, start + length)
  const root = rows.add(ARP.protocol, source, start, Math.min(whole, length), ROOT)
  if (demand.columns) columns.protocol = 'ARP'
  const name = opcode === 1 ? 'request' : opcode === 2 ? 'reply' : `0x${opcode.toString(16).padStart(4, '0')}`
  if (demand.text(ARP.protocol)) rows.setText(root, `Address Resolution Protocol (${name})`)
  rows.add(ARP.hwType, source, start, 2, root)
  rows.add(ARP.protoType, source, start + 2, 2, root)
  rows.add(ARP.hwSize, source, start + 4, 1, root)
  rows.add(ARP.protoSize, source, start + 5, 1, root)
  rows.add(ARP.opcode, source, start + 6, 2, root)
  if (bytes.length < start + whole || length < whole) {
    addBoundsMark(context, 'ARP', source, start + whole, start + length)
    return length
  }
  const isMac = hardwareType === 1 && hardwareSize === 6
  const isIpv4 = protocolType === 0x0800 && protocolSize === 4
  let at = start + 8
  const addHardware = (mac: number, other: number, label: string): void => {
    const row = rows.add(isMac ? mac : other, source, at, hardwareSize, root)
    if (isMac && demand.text(mac)) {
      const text = etherText(bytes.subarray(at, at + 6))
      rows.setText(row, `${label} MAC address: ${etherName(bytes, at)} (${text})`)
    }
    at += hardwareSize
  }
  const addProtocol = (ipv4: number, other: number): number => {
    rows.add(isIpv4 ? ipv4 : other, source, at, protocolSize, root)
    at += protocolSize
    return at - protocolSize
  }
  const sender = at
  addHardware(ARP.srcHwMac, ARP.srcHw, 'Sender')
  const from = addProtocol(ARP.srcProtoIpv4, ARP.srcProto)
  addHardware(ARP.dstHwMac, ARP.dstHw, 'Target')
  const to = addProtocol(ARP.dstProtoIpv4, ARP.dstProto)
  if (demand.columns && isMac && isIpv4) {
    const address = (place: number): string =>
      ipv4Text(((bytes[place]! << 24) | (bytes[place + 1]! << 16) | (bytes[place + 2]! << 8) | bytes[place + 3]!) >>> 0)
    if (opcode === 1) columns.setInfo(`Who has ${address(to)}? Tell ${address(from)}`)
    if (opcode === 2) columns.setInfo(`${address(from)} is at ${etherText(bytes.subarray(sender, sender + 6))}`)
  }
  return length
}
