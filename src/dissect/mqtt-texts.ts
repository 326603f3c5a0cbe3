// Lines of the tree that tell several fields at once: first bytes, flags, options of MQTT, as Wireshark words them.
// Made only when the tree is printed.

import { MESSAGE_TYPES, QOS, RETAIN_HANDLING } from './mqtt-fields.ts'

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}

/** `hasFlags`: the lower half holds DUP, QoS and RETAIN; `retain`: its last bit is RETAIN. */
export function headerText(first: number, hasFlags: boolean, retain: boolean): string {
  const parts = [`Header Flags: ${hex(first)}`, `Message Type: ${MESSAGE_TYPES.get(first >> 4)}`]
  if (hasFlags) {
    if ((first & 8) !== 0) parts.push('DUP Flag')
    parts.push(`QoS Level: ${QOS.get((first >> 1) & 3)}`)
    if (retain && (first & 1) !== 0) parts.push('Retain')
  }
  return parts.join(', ')
}

export function connectFlagsText(flags: number): string {
  const parts = [`Connect Flags: ${hex(flags)}`]
  if ((flags & 0x80) !== 0) parts.push('User Name Flag')
  if ((flags & 0x40) !== 0) parts.push('Password Flag')
  if ((flags & 0x20) !== 0) parts.push('Will Retain')
  parts.push(`QoS Level: ${QOS.get((flags >> 3) & 3)}`)
  if ((flags & 0x04) !== 0) parts.push('Will Flag')
  if ((flags & 0x02) !== 0) parts.push('Clean Session Flag')
  if ((flags & 0x01) !== 0) parts.push('(Reserved)')
  return parts.join(', ')
}

export function acknowledgeFlagsText(flags: number): string {
  const parts = [`Acknowledge Flags: ${hex(flags)}`]
  if ((flags & 0xfe) !== 0) parts.push('Reserved')
  if ((flags & 0x01) !== 0) parts.push('Session Present')
  return parts.join(', ')
}

export function subscriptionOptionsText(options: number): string {
  const parts = [`Subscription Options: ${hex(options)}`, `Retain Handling: ${RETAIN_HANDLING.get((options >> 4) & 3)}`]
  if ((options & 0x08) !== 0) parts.push('Retain As Published')
  if ((options & 0x04) !== 0) parts.push('No Local')
  parts.push(`QoS: ${QOS.get(options & 3)}`)
  return parts.join(', ')
}
