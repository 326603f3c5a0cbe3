// Further fields of ICMP, and the names of its types and codes.
// Names, labels, types and value names are Wireshark's.

import { ICMP } from './datagram-fields.ts'
import { extendProtocol } from './field.ts'

export const ICMP_BODY: Readonly<
  Record<
    | 'numAddrs'
    | 'addrEntrySize'
    | 'lifetime'
    | 'pointer'
    | 'routerAddress'
    | 'prefLevel'
    | 'originateTimestamp'
    | 'receiveTimestamp'
    | 'transmitTimestamp'
    | 'addressMask'
    | 'respIn'
    | 'dataTime'
    | 'dataTimeRelative'
    | 'originalLength'
    | 'checksumBad',
    number
  >
> = extendProtocol(ICMP.protocol, {
  numAddrs: { name: 'icmp.num_addrs', label: 'Number of addresses', type: 'uint8', base: 'dec' },
  addrEntrySize: { name: 'icmp.addr_entry_size', label: 'Address entry size', type: 'uint8', base: 'dec' },
  lifetime: { name: 'icmp.lifetime', label: 'Lifetime', type: 'uint16', base: 'dec' },
  pointer: { name: 'icmp.pointer', label: 'Pointer', type: 'uint32', base: 'dec' },
  routerAddress: { name: 'icmp.router_address', label: 'Router address', type: 'ipv4' },
  prefLevel: { name: 'icmp.pref_level', label: 'Preference level', type: 'int32', base: 'dec' },
  originateTimestamp: { name: 'icmp.originate_timestamp', label: 'Originate Timestamp', type: 'uint32', base: 'dec' },
  receiveTimestamp: { name: 'icmp.receive_timestamp', label: 'Receive Timestamp', type: 'uint32', base: 'dec' },
  transmitTimestamp: { name: 'icmp.transmit_timestamp', label: 'Transmit Timestamp', type: 'uint32', base: 'dec' },
  addressMask: { name: 'icmp.address_mask', label: 'Address Mask', type: 'ipv4' },
  respIn: { name: 'icmp.resp_in', label: 'Response frame', type: 'framenum', generated: true },
  dataTime: { name: 'icmp.data_time', label: 'Timestamp from icmp data', type: 'absolute_time' },
  dataTimeRelative: { name: 'icmp.data_time_relative', label: 'Timestamp from icmp data (relative)', type: 'relative_time', generated: true },
  originalLength: { name: 'icmp.length.original_datagram', label: 'Length of original datagram', type: 'uint8', base: 'dec', generated: true },
  checksumBad: { name: 'icmp.checksum_bad', label: 'Bad checksum', type: 'none' },
})

/** Names of types. */
export const ICMP_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'Echo (ping) reply'],
  [1, 'Reserved'],
  [2, 'Reserved'],
  [3, 'Destination unreachable'],
  [4, 'Source quench (flow control)'],
  [5, 'Redirect'],
  [6, 'Alternate host address'],
  [8, 'Echo (ping) request'],
  [9, 'Mobile IP Advertisement'],
  [10, 'Router solicitation'],
  [11, 'Time-to-live exceeded'],
  [12, 'Parameter problem'],
  [13, 'Timestamp request'],
  [14, 'Timestamp reply'],
  [15, 'Information request'],
  [16, 'Information reply'],
  [17, 'Address mask request'],
  [18, 'Address mask reply'],
  [19, 'Reserved (for security)'],
  [30, 'Traceroute'],
  [31, 'Datagram Conversion Error'],
  [32, 'Mobile Host Redirect'],
  [33, 'IPv6 Where-Are-You'],
  [34, 'IPv6 I-Am-Here'],
  [35, 'Mobile Registration Request'],
  [36, 'Mobile Registration Reply'],
  [37, 'Domain Name Request'],
  [38, 'Domain Name Reply'],
  [39, 'SKIP'],
  [40, 'Photuris'],
  [41, 'Experimental mobility protocols'],
  [42, 'Extended Echo request'],
  [43, 'Extended Echo reply'],
])

/** Names of codes, by type. */
export const ICMP_CODES: ReadonlyMap<number, ReadonlyMap<number, string>> = new Map([
  [
    3,
    new Map([
      [0, 'Network unreachable'],
      [1, 'Host unreachable'],
      [2, 'Protocol unreachable'],
      [3, 'Port unreachable'],
      [4, 'Fragmentation needed'],
      [5, 'Source route failed'],
      [6, 'Destination network unknown'],
      [7, 'Destination host unknown'],
      [8, 'Source host isolated'],
      [9, 'Network administratively prohibited'],
      [10, 'Host administratively prohibited'],
      [11, 'Network unreachable for TOS'],
      [12, 'Host unreachable for TOS'],
      [13, 'Communication administratively filtered'],
      [14, 'Host precedence violation'],
      [15, 'Precedence cutoff in effect'],
    ]),
  ],
  [
    5,
    new Map([
      [0, 'Redirect for network'],
      [1, 'Redirect for host'],
      [2, 'Redirect for TOS and network'],
      [3, 'Redirect for TOS and host'],
    ]),
  ],
  [6, new Map([[0, 'Alternate address for host']])],
  [40, new Map([[0, 'Bad SPI']])],
  [42, new Map([[0, 'No error']])],
  [43, new Map([[0, 'No error']])],
  [
    9,
    new Map([
      [0, 'Normal router advertisement'],
      [16, 'Does not route common traffic'],
    ]),
  ],
  [
    11,
    new Map([
      [0, 'Time to live exceeded in transit'],
      [1, 'Fragment reassembly time exceeded'],
    ]),
  ],
  [
    12,
    new Map([
      [0, 'Pointer indicates the error'],
      [1, 'Required option missing'],
      [2, 'Bad length'],
    ]),
  ],
])
