// Fields of IPv4 and IPv6.
// Names, labels, types and value names are Wireshark's.

import { booleanNames, defineProtocol, extendProtocol, type ProtocolFields, SET } from './field.ts'
import { placeFields, SERVICE_FIELDS } from './preference-fields.ts'

const IP_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'IPv6 Hop-by-Hop Option'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [6, 'TCP'],
  [8, 'EGP'],
  [17, 'UDP'],
  [33, 'Datagram Congestion Control Protocol'],
  [41, 'IPv6'],
  [43, 'Routing Header for IPv6'],
  [44, 'Fragment Header for IPv6'],
  [46, 'Reservation Protocol'],
  [47, 'Generic Routing Encapsulation'],
  [50, 'Encap Security Payload'],
  [51, 'Authentication Header'],
  [58, 'ICMPv6'],
  [59, 'No Next Header for IPv6'],
  [60, 'Destination Options for IPv6'],
  [88, 'EIGRP'],
  [89, 'OSPF IGP'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [115, 'Layer 2 Tunneling'],
  [132, 'SCTP'],
  [135, 'Mobile IPv6'],
  [136, 'UDPLite'],
])

const DSCP: ReadonlyMap<number, string> = new Map([
  [0, 'Default'],
  [1, 'Lower Effort'],
  [8, 'Class Selector 1'],
  [10, 'Assured Forwarding 11'],
  [12, 'Assured Forwarding 12'],
  [14, 'Assured Forwarding 13'],
  [16, 'Class Selector 2'],
  [18, 'Assured Forwarding 21'],
  [20, 'Assured Forwarding 22'],
  [22, 'Assured Forwarding 23'],
  [24, 'Class Selector 3'],
  [26, 'Assured Forwarding 31'],
  [28, 'Assured Forwarding 32'],
  [30, 'Assured Forwarding 33'],
  [32, 'Class Selector 4'],
  [34, 'Assured Forwarding 41'],
  [36, 'Assured Forwarding 42'],
  [38, 'Assured Forwarding 43'],
  [40, 'Class Selector 5'],
  [44, 'Voice Admit'],
  [46, 'Expedited Forwarding'],
  [48, 'Class Selector 6'],
  [56, 'Class Selector 7'],
])

const ECN: ReadonlyMap<number, string> = new Map([
  [0, 'Not ECN-Capable Transport'],
  [1, "ECN-Capable Transport codepoint '01'"],
  [2, "ECN-Capable Transport codepoint '10'"],
  [3, 'Congestion Experienced'],
])

export const IP: ProtocolFields<
  | 'version'
  | 'hdrLen'
  | 'dsfield'
  | 'dsfieldDscp'
  | 'dsfieldEcn'
  | 'len'
  | 'id'
  | 'flags'
  | 'flagsRb'
  | 'flagsDf'
  | 'flagsMf'
  | 'fragOffset'
  | 'ttl'
  | 'proto'
  | 'checksum'
  | 'checksumStatus'
  | 'src'
  | 'addr'
  | 'srcHost'
  | 'host'
  | 'dst'
  | 'dstHost'
  | 'fragments'
  | 'fragment'
  | 'fragmentOverlap'
  | 'fragmentOverlapConflict'
  | 'fragmentMultipletails'
  | 'fragmentToolongfragment'
  | 'fragmentError'
  | 'fragmentCount'
  | 'reassembledIn'
  | 'reassembledLength'
  | 'reassembledData'
  | 'optType'
  | 'ttlControlBlock'
  | 'ttlTooSmall'
  | 'bogusVersion'
  | 'bogusHeaderLength'
  | 'bogusLength'
  | 'checksumBad'
  | 'checksumCalculated'
> = defineProtocol(
  { name: 'ip', label: 'Internet Protocol Version 4' },
  {
    version: { name: 'ip.version', label: 'Version', type: 'uint8', base: 'dec', mask: 0xf0 },
    hdrLen: { name: 'ip.hdr_len', label: 'Header Length', type: 'uint8', base: 'dec', mask: 0xf },
    dsfield: { name: 'ip.dsfield', label: 'Differentiated Services Field', type: 'uint8', base: 'hex' },
    dsfieldDscp: { name: 'ip.dsfield.dscp', label: 'Differentiated Services Codepoint', type: 'uint8', base: 'dec', mask: 0xfc, values: DSCP },
    dsfieldEcn: { name: 'ip.dsfield.ecn', label: 'Explicit Congestion Notification', type: 'uint8', base: 'dec', mask: 0x3, values: ECN },
    len: { name: 'ip.len', label: 'Total Length', type: 'uint16', base: 'dec' },
    id: { name: 'ip.id', label: 'Identification', type: 'uint16', base: 'hex_dec' },
    flags: { name: 'ip.flags', label: 'Flags', type: 'uint8', base: 'hex', mask: 0xe0 },
    flagsRb: { name: 'ip.flags.rb', label: 'Reserved bit', type: 'boolean', width: 8, mask: 0x80, values: SET },
    flagsDf: { name: 'ip.flags.df', label: "Don't fragment", type: 'boolean', width: 8, mask: 0x40, values: SET },
    flagsMf: { name: 'ip.flags.mf', label: 'More fragments', type: 'boolean', width: 8, mask: 0x20, values: SET },
    fragOffset: { name: 'ip.frag_offset', label: 'Fragment Offset', type: 'uint16', base: 'dec', mask: 0x1fff },
    ttl: { name: 'ip.ttl', label: 'Time to Live', type: 'uint8', base: 'dec' },
    proto: { name: 'ip.proto', label: 'Protocol', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    checksum: { name: 'ip.checksum', label: 'Header Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: {
      name: 'ip.checksum.status',
      label: 'Header checksum status',
      type: 'uint8',
      values: new Map([
        [0, 'Bad'],
        [1, 'Good'],
        [2, 'Unverified'],
        [3, 'Not present'],
        [4, 'Illegal'],
      ]),
      generated: true,
    },
    src: { name: 'ip.src', label: 'Source Address', type: 'ipv4' },
    addr: { name: 'ip.addr', label: 'Source or Destination Address', type: 'ipv4', hidden: true },
    srcHost: { name: 'ip.src_host', label: 'Source Host', type: 'string', hidden: true },
    host: { name: 'ip.host', label: 'Source or Destination Host', type: 'string', hidden: true },
    dst: { name: 'ip.dst', label: 'Destination Address', type: 'ipv4' },
    dstHost: { name: 'ip.dst_host', label: 'Destination Host', type: 'string', hidden: true },
    fragments: { name: 'ip.fragments', label: 'IPv4 Fragments', type: 'bytes', generated: true },
    fragment: { name: 'ip.fragment', label: 'IPv4 Fragment', type: 'framenum', generated: true },
    fragmentOverlap: { name: 'ip.fragment.overlap', label: 'Fragment overlap', type: 'boolean' },
    fragmentOverlapConflict: { name: 'ip.fragment.overlap.conflict', label: 'Conflicting data in fragment overlap', type: 'boolean' },
    fragmentMultipletails: { name: 'ip.fragment.multipletails', label: 'Multiple tail fragments found', type: 'boolean' },
    fragmentToolongfragment: { name: 'ip.fragment.toolongfragment', label: 'Fragment too long', type: 'boolean' },
    fragmentError: { name: 'ip.fragment.error', label: 'Defragmentation error', type: 'framenum' },
    fragmentCount: { name: 'ip.fragment.count', label: 'Fragment count', type: 'uint32', base: 'dec', generated: true },
    reassembledIn: { name: 'ip.reassembled_in', label: 'Reassembled IPv4 in frame', type: 'framenum', generated: true },
    reassembledLength: { name: 'ip.reassembled.length', label: 'Reassembled IPv4 length', type: 'uint32', base: 'dec', generated: true },
    reassembledData: { name: 'ip.reassembled.data', label: 'Reassembled IPv4 data', type: 'bytes', generated: true },
    ttlControlBlock: { name: 'ip.ttl.lncb', label: 'Time To Live', type: 'none' },
    ttlTooSmall: { name: 'ip.ttl.too_small', label: 'Time To Live', type: 'none' },
    bogusVersion: { name: 'ip.bogus_ip_version', label: 'Bogus IP version', type: 'none' },
    bogusHeaderLength: { name: 'ip.bogus_header_length', label: 'Bogus IP header length', type: 'none' },
    bogusLength: { name: 'ip.bogus_ip_length', label: 'Bogus IP length', type: 'none' },
    checksumBad: { name: 'ip.checksum_bad.expert', label: 'Bad checksum', type: 'none' },
    checksumCalculated: { name: 'ip.checksum_calculated', label: 'Calculated Checksum', type: 'uint16', base: 'hex', generated: true },
    optType: { name: 'ip.opt.type', label: 'Type', type: 'uint8', base: 'dec' },
  },
)

export const IPV6: ProtocolFields<
  | 'version'
  | 'ipVersion'
  | 'hopopts'
  | 'dstopts'
  | 'routing'
  | 'fraghdr'
  | 'tclass'
  | 'tclassDscp'
  | 'tclassEcn'
  | 'flow'
  | 'plen'
  | 'nxt'
  | 'hlim'
  | 'src'
  | 'addr'
  | 'srcHost'
  | 'host'
  | 'dst'
  | 'dstHost'
  | 'hopoptsNxt'
  | 'hopoptsLen'
  | 'dstoptsNxt'
  | 'dstoptsLen'
  | 'routingNxt'
  | 'routingLen'
  | 'routingType'
  | 'routingSegleft'
  | 'fraghdrNxt'
  | 'fraghdrReservedOctet'
  | 'fraghdrOffset'
  | 'fraghdrReservedBits'
  | 'fraghdrMore'
  | 'fraghdrIdent'
  | 'fragments'
  | 'fragment'
  | 'fragmentOverlap'
  | 'fragmentOverlapConflict'
  | 'fragmentMultipletails'
  | 'fragmentToolongfragment'
  | 'fragmentError'
  | 'fragmentCount'
  | 'reassembledLength'
  | 'reassembledData'
> = defineProtocol(
  { name: 'ipv6', label: 'Internet Protocol Version 6' },
  {
    version: { name: 'ipv6.version', label: 'Version', type: 'uint8', base: 'dec', mask: 0xf0 },
    hopopts: { name: 'ipv6.hopopts', label: 'IPv6 Hop-by-Hop Option', type: 'protocol' },
    dstopts: { name: 'ipv6.dstopts', label: 'Destination Options for IPv6', type: 'protocol' },
    routing: { name: 'ipv6.routing', label: 'Routing Header for IPv6', type: 'protocol' },
    fraghdr: { name: 'ipv6.fraghdr', label: 'Fragment Header for IPv6', type: 'protocol' },
    ipVersion: { name: 'ip.version', label: 'Version', type: 'uint8', base: 'dec', mask: 0xf0, hidden: true },
    tclass: { name: 'ipv6.tclass', label: 'Traffic Class', type: 'uint32', base: 'hex', mask: 0xff00000 },
    tclassDscp: { name: 'ipv6.tclass.dscp', label: 'Differentiated Services Codepoint', type: 'uint32', base: 'dec', mask: 0xfc00000, values: DSCP },
    tclassEcn: { name: 'ipv6.tclass.ecn', label: 'Explicit Congestion Notification', type: 'uint32', base: 'dec', mask: 0x300000, values: ECN },
    flow: { name: 'ipv6.flow', label: 'Flow Label', type: 'uint24', base: 'hex', mask: 0xfffff },
    plen: { name: 'ipv6.plen', label: 'Payload Length', type: 'uint16', base: 'dec' },
    nxt: { name: 'ipv6.nxt', label: 'Next Header', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    hlim: { name: 'ipv6.hlim', label: 'Hop Limit', type: 'uint8', base: 'dec' },
    src: { name: 'ipv6.src', label: 'Source Address', type: 'ipv6' },
    addr: { name: 'ipv6.addr', label: 'Source or Destination Address', type: 'ipv6', hidden: true },
    srcHost: { name: 'ipv6.src_host', label: 'Source Host', type: 'string', hidden: true },
    host: { name: 'ipv6.host', label: 'Source or Destination Host', type: 'string', hidden: true },
    dst: { name: 'ipv6.dst', label: 'Destination Address', type: 'ipv6' },
    dstHost: { name: 'ipv6.dst_host', label: 'Destination Host', type: 'string', hidden: true },
    hopoptsNxt: { name: 'ipv6.hopopts.nxt', label: 'Next Header', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    hopoptsLen: { name: 'ipv6.hopopts.len', label: 'Length', type: 'uint8', base: 'dec' },
    dstoptsNxt: { name: 'ipv6.dstopts.nxt', label: 'Next Header', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    dstoptsLen: { name: 'ipv6.dstopts.len', label: 'Length', type: 'uint8', base: 'dec' },
    routingNxt: { name: 'ipv6.routing.nxt', label: 'Next Header', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    routingLen: { name: 'ipv6.routing.len', label: 'Length', type: 'uint8', base: 'dec' },
    routingType: {
      name: 'ipv6.routing.type',
      label: 'Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'Source Route'],
        [1, 'Nimrod'],
        [2, 'Type 2 Routing'],
        [3, 'RPL Source Route'],
        [4, 'Segment Routing'],
        [5, 'Compact Routing Header 16'],
        [6, 'Compact Routing Header 32'],
        [253, 'Experiment 1'],
        [254, 'Experiment 2'],
      ]),
    },
    routingSegleft: { name: 'ipv6.routing.segleft', label: 'Segments Left', type: 'uint8', base: 'dec' },
    fraghdrNxt: { name: 'ipv6.fraghdr.nxt', label: 'Next header', type: 'uint8', base: 'dec', values: IP_PROTOCOLS },
    fraghdrReservedOctet: { name: 'ipv6.fraghdr.reserved_octet', label: 'Reserved octet', type: 'uint8', base: 'hex' },
    fraghdrOffset: { name: 'ipv6.fraghdr.offset', label: 'Offset', type: 'uint16', base: 'dec', mask: 0xfff8 },
    fraghdrReservedBits: { name: 'ipv6.fraghdr.reserved_bits', label: 'Reserved bits', type: 'uint16', base: 'dec', mask: 0x6 },
    fraghdrMore: { name: 'ipv6.fraghdr.more', label: 'More Fragments', type: 'boolean', width: 16, mask: 0x1, values: booleanNames('Yes', 'No') },
    fraghdrIdent: { name: 'ipv6.fraghdr.ident', label: 'Identification', type: 'uint32', base: 'hex' },
    fragments: { name: 'ipv6.fragments', label: 'IPv6 Fragments', type: 'none', generated: true },
    fragment: { name: 'ipv6.fragment', label: 'IPv6 Fragment', type: 'framenum', generated: true },
    fragmentOverlap: { name: 'ipv6.fragment.overlap', label: 'Fragment overlap', type: 'boolean' },
    fragmentOverlapConflict: { name: 'ipv6.fragment.overlap.conflict', label: 'Conflicting data in fragment overlap', type: 'boolean' },
    fragmentMultipletails: { name: 'ipv6.fragment.multipletails', label: 'Multiple tail fragments found', type: 'boolean' },
    fragmentToolongfragment: { name: 'ipv6.fragment.toolongfragment', label: 'Fragment too long', type: 'boolean' },
    fragmentError: { name: 'ipv6.fragment.error', label: 'Defragmentation error', type: 'framenum' },
    fragmentCount: { name: 'ipv6.fragment.count', label: 'Fragment count', type: 'uint32', base: 'dec', generated: true },
    reassembledLength: { name: 'ipv6.reassembled.length', label: 'Reassembled IPv6 length', type: 'uint32', base: 'dec', generated: true },
    reassembledData: { name: 'ipv6.reassembled.data', label: 'Reassembled IPv6 data', type: 'bytes', generated: true },
  },
)

extendProtocol(IP.protocol, { ...placeFields('ip'), ...SERVICE_FIELDS })
extendProtocol(IPV6.protocol, placeFields('ipv6'))
