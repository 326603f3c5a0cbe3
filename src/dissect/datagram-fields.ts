// Fields of UDP, ICMP and ICMPv6.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, extendProtocol, type ProtocolFields } from './field.ts'
import { processFields } from './preference-fields.ts'

const CHECKSUM_STATUS: ReadonlyMap<number, string> = new Map([
  [0, 'Bad'],
  [1, 'Good'],
  [2, 'Unverified'],
  [3, 'Not present'],
  [4, 'Illegal'],
])

export const UDP: ProtocolFields<
  | 'srcport'
  | 'dstport'
  | 'port'
  | 'length'
  | 'checksum'
  | 'checksumStatus'
  | 'checksumZero'
  | 'stream'
  | 'timestamps'
  | 'timeRelative'
  | 'timeDelta'
  | 'payload'
> = defineProtocol(
  { name: 'udp', label: 'User Datagram Protocol' },
  {
    srcport: { name: 'udp.srcport', label: 'Source Port', type: 'uint16' },
    dstport: { name: 'udp.dstport', label: 'Destination Port', type: 'uint16' },
    port: { name: 'udp.port', label: 'Source or Destination Port', type: 'uint16', hidden: true },
    length: { name: 'udp.length', label: 'Length', type: 'uint16', base: 'dec' },
    checksum: { name: 'udp.checksum', label: 'Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: { name: 'udp.checksum.status', label: 'Checksum Status', type: 'uint8', values: CHECKSUM_STATUS, generated: true },
    checksumZero: { name: 'udp.checksum.zero', label: 'Illegal checksum value (0)', type: 'none' },
    stream: { name: 'udp.stream', label: 'Stream index', type: 'uint32', base: 'dec', generated: true },
    timestamps: { name: '', label: 'Timestamps', type: 'none', generated: true },
    timeRelative: { name: 'udp.time_relative', label: 'Time since first frame', type: 'relative_time', generated: true },
    timeDelta: { name: 'udp.time_delta', label: 'Time since previous frame', type: 'relative_time', generated: true },
    payload: { name: 'udp.payload', label: 'Payload', type: 'bytes' },
  },
)

export const ICMP: ProtocolFields<
  | 'type'
  | 'code'
  | 'checksum'
  | 'checksumStatus'
  | 'ident'
  | 'identLe'
  | 'seq'
  | 'seqLe'
  | 'unused'
  | 'length'
  | 'mtu'
  | 'redirGw'
  | 'respTo'
  | 'resptime'
  | 'noResp'
> = defineProtocol(
  { name: 'icmp', label: 'Internet Control Message Protocol' },
  {
    type: { name: 'icmp.type', label: 'Type', type: 'uint8', base: 'dec' },
    code: { name: 'icmp.code', label: 'Code', type: 'uint8', base: 'dec' },
    checksum: { name: 'icmp.checksum', label: 'Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: { name: 'icmp.checksum.status', label: 'Checksum Status', type: 'uint8', values: CHECKSUM_STATUS, generated: true },
    ident: { name: 'icmp.ident', label: 'Identifier (BE)', type: 'uint16', base: 'dec_hex' },
    identLe: { name: 'icmp.ident_le', label: 'Identifier (LE)', type: 'uint16', base: 'dec_hex' },
    seq: { name: 'icmp.seq', label: 'Sequence Number (BE)', type: 'uint16', base: 'dec_hex' },
    seqLe: { name: 'icmp.seq_le', label: 'Sequence Number (LE)', type: 'uint16', base: 'dec_hex' },
    unused: { name: 'icmp.unused', label: 'Unused', type: 'bytes' },
    length: { name: 'icmp.length', label: 'Length', type: 'uint8', base: 'dec' },
    mtu: { name: 'icmp.mtu', label: 'MTU of next hop', type: 'uint16', base: 'dec' },
    redirGw: { name: 'icmp.redir_gw', label: 'Gateway Address', type: 'ipv4' },
    respTo: { name: 'icmp.resp_to', label: 'Request frame', type: 'framenum', generated: true },
    resptime: { name: 'icmp.resptime', label: 'Response time', type: 'double', generated: true },
    noResp: { name: 'icmp.no_resp', label: 'No response seen', type: 'none', generated: true },
  },
)

export const ICMPV6: ProtocolFields<'type' | 'code' | 'checksum' | 'checksumStatus' | 'echoIdentifier' | 'echoSequenceNumber'> = defineProtocol(
  { name: 'icmpv6', label: 'Internet Control Message Protocol v6' },
  {
    type: {
      name: 'icmpv6.type',
      label: 'Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'Destination Unreachable'],
        [2, 'Packet Too Big'],
        [3, 'Time Exceeded'],
        [4, 'Parameter Problem'],
        [100, 'Private experimentation'],
        [101, 'Private experimentation'],
        [127, 'Reserved for expansion of ICMPv6 error messages'],
        [128, 'Echo (ping) request'],
        [129, 'Echo (ping) reply'],
        [130, 'Multicast Listener Query'],
        [131, 'Multicast Listener Report'],
        [132, 'Multicast Listener Done'],
        [133, 'Router Solicitation'],
        [134, 'Router Advertisement'],
        [135, 'Neighbor Solicitation'],
        [136, 'Neighbor Advertisement'],
        [137, 'Redirect'],
        [138, 'Router Renumbering'],
        [139, 'Node Information Query'],
        [140, 'Node Information Reply'],
        [141, 'Inverse Neighbor Discovery Solicitation'],
        [142, 'Inverse Neighbor Discovery Advertisement'],
        [143, 'Multicast Listener Report Message v2'],
        [144, 'Home Agent Address Discovery Request'],
        [145, 'Home Agent Address Discovery Reply'],
        [146, 'Mobile Prefix Solicitation'],
        [147, 'Mobile Prefix Advertisement'],
        [148, 'Certification Path Solicitation'],
        [149, 'Certification Path Advertisement'],
        [150, 'Experimental Mobility'],
        [151, 'Multicast Router Advertisement'],
        [152, 'Multicast Router Solicitation'],
        [153, 'Multicast Router Termination'],
        [154, 'FMIPv6'],
        [155, 'RPL Control'],
        [156, 'Locator Update'],
        [157, 'Duplicate Address Request'],
        [158, 'Duplicate Address Confirmation'],
        [159, 'MPL Control Message'],
        [160, 'Extended Echo request'],
        [161, 'Extended Echo reply'],
        [200, 'Private experimentation'],
        [201, 'Private experimentation'],
        [255, 'Reserved for expansion of ICMPv6 informational messages'],
      ]),
    },
    code: { name: 'icmpv6.code', label: 'Code', type: 'uint8', base: 'dec' },
    checksum: { name: 'icmpv6.checksum', label: 'Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: { name: 'icmpv6.checksum.status', label: 'Checksum Status', type: 'uint8', values: CHECKSUM_STATUS, generated: true },
    echoIdentifier: { name: 'icmpv6.echo.identifier', label: 'Identifier', type: 'uint16', base: 'hex' },
    echoSequenceNumber: { name: 'icmpv6.echo.sequence_number', label: 'Sequence', type: 'uint16', base: 'dec' },
  },
)

extendProtocol(UDP.protocol, processFields('udp'))
