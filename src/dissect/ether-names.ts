// Names of well-known Ethernet addresses, as Wireshark shows them: groups, cluster addresses, all zeros.
// Makers' names are not here: their list is long, changes weekly, and tells little about a message.

import { etherText } from './address-text.ts'

const WHOLE: Readonly<Record<string, string>> = {
  'ff:ff:ff:ff:ff:ff': 'Broadcast',
  '01:80:c2:00:00:02': 'Slow-Protocols',
  '01:80:c2:00:00:0e': 'LLDP_Multicast',
  '01:00:0c:cc:cc:cc': 'CDP/VTP/DTP/PAgP/UDLD',
}

/** The name of the address at `at`, or its own text. */
export function etherName(bytes: Uint8Array, at: number): string {
  const text = etherText(bytes.subarray(at, at + 6))
  const whole = WHOLE[text]
  if (whole !== undefined) return whole
  const [first, second, third] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!]
  if (text.startsWith('00:00:00')) return `00:00:00_${text.slice(9)}`
  if (text.startsWith('01:00:5e')) return `IPv4mcast_${rest(text, 3)}`
  if (text.startsWith('33:33')) return `IPv6mcast_${rest(text, 2)}`
  if (text.startsWith('01:80:c2:00:00:0')) return third === 0xc2 && text.endsWith('00') ? 'Spanning-tree-(for-bridges)_00' : text
  if (text.startsWith('02:bf')) return `MS-NLB-VirtServer_${rest(text, 2)}`
  if (text.startsWith('03:bf')) return `MS-NLB-VirtServer-Multicast_${rest(text, 2)}`
  if (first !== 2 || second === 0 || second >= 0x40) return text
  if (second < 0x20) return `MS-NLB-PhysServer-${`${second}`.padStart(2, '0')}_${rest(text, 2)}`
  return `MS-NLB-PhysServer-32_${rest(`02:${(second & 0x1f).toString(16).padStart(2, '0')}${text.slice(5)}`, 1)}`
}

/** What follows the first bytes, without zeros in front. */
function rest(text: string, from: number): string {
  const parts = text.split(':').slice(from)
  while (parts.length > 1 && parts[0] === '00') parts.shift()
  return parts.join(':')
}
