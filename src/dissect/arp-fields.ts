// Further fields of ARP: what a request or reply is for, and addresses that two machines use.
// Names, labels, types and value names are Wireshark's.

import { extendProtocol } from './field.ts'
import { ARP } from './link-fields.ts'

export const ARP_MEANING: Readonly<
  Record<'isProbe' | 'isAnnouncement' | 'duplicateFrame' | 'duplicateSeconds' | 'duplicateDetected' | 'drarpErrorStatus', number>
> = extendProtocol(ARP.protocol, {
  isProbe: { name: 'arp.isprobe', label: 'Is probe', type: 'boolean', generated: true },
  isAnnouncement: { name: 'arp.isannouncement', label: 'Is announcement', type: 'boolean', generated: true },
  duplicateFrame: { name: 'arp.duplicate-address-frame', label: 'Frame showing earlier use of IP address', type: 'framenum', generated: true },
  duplicateSeconds: {
    name: 'arp.seconds-since-duplicate-address-frame',
    label: 'Seconds since earlier frame seen',
    type: 'uint32',
    base: 'dec',
    generated: true,
  },
  duplicateDetected: { name: 'arp.duplicate-address-detected', label: 'Duplicate IP address configured', type: 'none' },
  drarpErrorStatus: { name: 'arp.dst.drarp_error_status', label: 'DRARP error status', type: 'uint16', base: 'dec' },
})
