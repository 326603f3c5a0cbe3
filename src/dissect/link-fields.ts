// Fields of the link layer: Ethernet, VLAN tags, Linux cooked capture, BSD loopback, raw IP, ARP.
// Names, labels, types and value names are Wireshark's.

import { booleanNames, defineProtocol, type ProtocolFields } from './field.ts'

const ETHER_TYPES: ReadonlyMap<number, string> = new Map([
  [0x0800, 'IPv4'],
  [0x86dd, 'IPv6'],
  [0x8100, '802.1Q Virtual LAN'],
  [0x0806, 'ARP'],
  [0x8863, 'PPPoE Discovery'],
  [0x8864, 'PPPoE Session'],
  [0x88a8, '802.1ad Provider Bridge (Q-in-Q)'],
  [0x88e7, '802.1ah Provider Backbone Bridge (mac-in-mac)'],
  [0x888e, '802.1X Authentication'],
  [0x8847, 'MPLS label switched packet'],
  [0x8848, 'MPLS multicast label switched packet'],
  [0x88cc, '802.1 Link Layer Discovery Protocol (LLDP)'],
  [0x9100, 'QinQ: old non-standard 802.1ad'],
])

export const ETH: ProtocolFields<
  | 'dst'
  | 'dstResolved'
  | 'dstOui'
  | 'dstLg'
  | 'dstIg'
  | 'src'
  | 'srcResolved'
  | 'srcOui'
  | 'srcLg'
  | 'srcIg'
  | 'addr'
  | 'addrResolved'
  | 'addrOui'
  | 'lg'
  | 'ig'
  | 'type'
  | 'len'
  | 'padding'
  | 'trailer'
  | 'fcs'
> = defineProtocol(
  { name: 'eth', label: 'Ethernet' },
  {
    dst: { name: 'eth.dst', label: 'Destination', type: 'ether' },
    dstResolved: { name: 'eth.dst_resolved', label: 'Destination (resolved)', type: 'string', hidden: true },
    dstOui: { name: 'eth.dst.oui', label: 'Destination OUI', type: 'uint24', hidden: true },
    dstLg: {
      name: 'eth.dst.lg',
      label: 'LG bit',
      type: 'boolean',
      width: 24,
      mask: 0x20000,
      values: booleanNames('Locally administered address (this is NOT the factory default)', 'Globally unique address (factory default)'),
    },
    dstIg: {
      name: 'eth.dst.ig',
      label: 'IG bit',
      type: 'boolean',
      width: 24,
      mask: 0x10000,
      values: booleanNames('Group address (multicast/broadcast)', 'Individual address (unicast)'),
    },
    src: { name: 'eth.src', label: 'Source', type: 'ether' },
    srcResolved: { name: 'eth.src_resolved', label: 'Source (resolved)', type: 'string', hidden: true },
    srcOui: { name: 'eth.src.oui', label: 'Source OUI', type: 'uint24', hidden: true },
    srcLg: {
      name: 'eth.src.lg',
      label: 'LG bit',
      type: 'boolean',
      width: 24,
      mask: 0x20000,
      values: booleanNames('Locally administered address (this is NOT the factory default)', 'Globally unique address (factory default)'),
    },
    srcIg: {
      name: 'eth.src.ig',
      label: 'IG bit',
      type: 'boolean',
      width: 24,
      mask: 0x10000,
      values: booleanNames('Group address (multicast/broadcast)', 'Individual address (unicast)'),
    },
    addr: { name: 'eth.addr', label: 'Address', type: 'ether' },
    addrResolved: { name: 'eth.addr_resolved', label: 'Address (resolved)', type: 'string', hidden: true },
    addrOui: { name: 'eth.addr.oui', label: 'Address OUI', type: 'uint24', hidden: true },
    lg: {
      name: 'eth.lg',
      label: 'LG bit',
      type: 'boolean',
      width: 24,
      mask: 0x20000,
      values: booleanNames('Locally administered address (this is NOT the factory default)', 'Globally unique address (factory default)'),
      hidden: true,
    },
    ig: {
      name: 'eth.ig',
      label: 'IG bit',
      type: 'boolean',
      width: 24,
      mask: 0x10000,
      values: booleanNames('Group address (multicast/broadcast)', 'Individual address (unicast)'),
      hidden: true,
    },
    type: { name: 'eth.type', label: 'Type', type: 'uint16', base: 'hex', values: ETHER_TYPES },
    len: { name: 'eth.len', label: 'Length', type: 'uint16', base: 'dec' },
    padding: { name: 'eth.padding', label: 'Padding', type: 'bytes' },
    trailer: { name: 'eth.trailer', label: 'Trailer', type: 'bytes' },
    fcs: { name: 'eth.fcs', label: 'Frame check sequence', type: 'uint32', base: 'hex' },
  },
)

export const VLAN: ProtocolFields<'priority' | 'dei' | 'id' | 'etype' | 'len' | 'trailer'> = defineProtocol(
  { name: 'vlan', label: '802.1Q Virtual LAN' },
  {
    priority: {
      name: 'vlan.priority',
      label: 'Priority',
      type: 'uint16',
      base: 'dec',
      mask: 0xe000,
      values: new Map([
        [0, 'Best Effort (default)'],
        [1, 'Background'],
        [2, 'Spare'],
        [3, 'Excellent Effort'],
        [4, 'Controlled Load'],
        [5, 'Video, < 100ms latency and jitter'],
        [6, 'Voice, < 10ms latency and jitter'],
        [7, 'Network Control'],
      ]),
    },
    dei: { name: 'vlan.dei', label: 'DEI', type: 'boolean', width: 16, mask: 0x1000, values: booleanNames('Eligible', 'Ineligible') },
    id: { name: 'vlan.id', label: 'ID', type: 'uint16', base: 'dec', mask: 0xfff },
    etype: { name: 'vlan.etype', label: 'Type', type: 'uint16', base: 'hex', values: ETHER_TYPES },
    len: { name: 'vlan.len', label: 'Length', type: 'uint16', base: 'dec' },
    trailer: { name: 'vlan.trailer', label: 'Trailer', type: 'bytes' },
  },
)

export const PROVIDER_VLAN: ProtocolFields<'priority' | 'dei' | 'id'> = defineProtocol(
  { name: 'ieee8021ad', label: 'IEEE 802.1ad' },
  {
    priority: { name: 'ieee8021ad.priority', label: 'Priority', type: 'uint16', base: 'dec', mask: 0xe000 },
    dei: { name: 'ieee8021ad.dei', label: 'DEI', type: 'uint16', base: 'dec', mask: 0x1000 },
    id: { name: 'ieee8021ad.id', label: 'ID', type: 'uint16', base: 'dec', mask: 0xfff },
  },
)

export const PROVIDER_ETHER_TYPE: ProtocolFields<'etype'> = defineProtocol(
  { name: 'ieee8021ah', label: 'IEEE 802.1ah' },
  {
    etype: { name: 'ieee8021ah.etype', label: 'Type', type: 'uint16', base: 'hex', values: ETHER_TYPES },
  },
)

export const SLL: ProtocolFields<'pkttype' | 'hatype' | 'halen' | 'srcEth' | 'srcIpv4' | 'srcOther' | 'unused' | 'etype' | 'ltype' | 'ifindex' | 'trailer'> =
  defineProtocol(
    { name: 'sll', label: 'Linux cooked-mode capture' },
    {
      pkttype: {
        name: 'sll.pkttype',
        label: 'Packet type',
        type: 'uint16',
        base: 'dec',
        values: new Map([
          [0, 'Unicast to us'],
          [1, 'Broadcast'],
          [2, 'Multicast'],
          [3, 'Unicast to another host'],
          [4, 'Sent by us'],
        ]),
      },
      hatype: {
        name: 'sll.hatype',
        label: 'Link-layer address type',
        type: 'uint16',
        base: 'dec',
        values: new Map([
          [1, 'Ethernet'],
          [512, 'PPP'],
          [519, 'Raw IP'],
          [768, 'IPIP tunnel'],
          [772, 'Loopback'],
          [776, 'sit0 device - IPv6-in-IPv4'],
          [778, 'GRE over IP'],
          [801, 'IEEE 802.11'],
          [824, 'Netlink'],
          [65534, 'zero header length'],
        ]),
      },
      halen: { name: 'sll.halen', label: 'Link-layer address length', type: 'uint16', base: 'dec' },
      srcEth: { name: 'sll.src.eth', label: 'Source', type: 'ether' },
      srcIpv4: { name: 'sll.src.ipv4', label: 'Source', type: 'ipv4' },
      srcOther: { name: 'sll.src.other', label: 'Source', type: 'bytes' },
      unused: { name: 'sll.unused', label: 'Unused', type: 'bytes' },
      etype: { name: 'sll.etype', label: 'Protocol', type: 'uint16', base: 'hex', values: ETHER_TYPES },
      ltype: {
        name: 'sll.ltype',
        label: 'Protocol',
        type: 'uint16',
        base: 'hex',
        values: new Map([
          [1, 'Raw 802.3'],
          [3, 'Ethernet'],
          [4, '802.2 LLC'],
          [7, 'PPP (HDLC)'],
          [12, 'CAN'],
          [13, 'CAN FD'],
          [23, 'IrDA LAP'],
          [245, 'ISI'],
          [246, 'IEEE 802.15.4'],
        ]),
      },
      ifindex: { name: 'sll.ifindex', label: 'Interface index', type: 'uint32', base: 'dec' },
      trailer: { name: 'sll.trailer', label: 'Trailer', type: 'bytes' },
    },
  )

export const NULL: ProtocolFields<'family' | 'type'> = defineProtocol(
  { name: 'null', label: 'Null/Loopback' },
  {
    family: {
      name: 'null.family',
      label: 'Family',
      type: 'uint32',
      base: 'dec',
      values: new Map([
        [2, 'IP'],
        [7, 'OSI'],
        [16, 'Appletalk'],
        [23, 'Netware IPX/SPX'],
        [24, 'IPv6'],
        [28, 'IPv6'],
        [30, 'IPv6'],
      ]),
    },
    type: { name: 'null.type', label: 'Type', type: 'uint16', base: 'hex', values: ETHER_TYPES },
  },
)

export const RAW: ProtocolFields<never> = defineProtocol({ name: 'raw', label: 'Raw packet data' }, {})

export const ARP: ProtocolFields<
  | 'hwType'
  | 'protoType'
  | 'hwSize'
  | 'protoSize'
  | 'opcode'
  | 'srcHwMac'
  | 'srcProtoIpv4'
  | 'dstHwMac'
  | 'dstProtoIpv4'
  | 'srcHw'
  | 'srcProto'
  | 'dstHw'
  | 'dstProto'
  | 'isgratuitous'
> = defineProtocol(
  { name: 'arp', label: 'Address Resolution Protocol' },
  {
    hwType: {
      name: 'arp.hw.type',
      label: 'Hardware type',
      type: 'uint16',
      base: 'dec',
      values: new Map([
        [1, 'Ethernet'],
        [6, 'IEEE 802'],
        [15, 'Frame Relay DLCI'],
        [20, 'Serial Line'],
        [32, 'InfiniBand'],
      ]),
    },
    protoType: { name: 'arp.proto.type', label: 'Protocol type', type: 'uint16', base: 'hex', values: ETHER_TYPES },
    hwSize: { name: 'arp.hw.size', label: 'Hardware size', type: 'uint8', base: 'dec' },
    protoSize: { name: 'arp.proto.size', label: 'Protocol size', type: 'uint8', base: 'dec' },
    opcode: {
      name: 'arp.opcode',
      label: 'Opcode',
      type: 'uint16',
      base: 'dec',
      values: new Map([
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
        [11, 'mars request'],
        [12, 'mars multi'],
        [13, 'mars mserv'],
        [14, 'mars join'],
        [15, 'mars leave'],
        [16, 'mars nak'],
        [17, 'mars unserv'],
        [18, 'mars sjoin'],
        [19, 'mars sleave'],
        [20, 'mars grouplist request'],
        [21, 'mars grouplist reply'],
        [22, 'mars redirect map'],
        [23, 'mapos unarp'],
        [24, 'experimental 1'],
        [25, 'experimental 2'],
        [0, 'reserved'],
        [65535, 'reserved'],
      ]),
    },
    srcHwMac: { name: 'arp.src.hw_mac', label: 'Sender MAC address', type: 'ether' },
    srcProtoIpv4: { name: 'arp.src.proto_ipv4', label: 'Sender IP address', type: 'ipv4' },
    dstHwMac: { name: 'arp.dst.hw_mac', label: 'Target MAC address', type: 'ether' },
    dstProtoIpv4: { name: 'arp.dst.proto_ipv4', label: 'Target IP address', type: 'ipv4' },
    srcHw: { name: 'arp.src.hw', label: 'Sender hardware address', type: 'bytes' },
    srcProto: { name: 'arp.src.proto', label: 'Sender protocol address', type: 'bytes' },
    dstHw: { name: 'arp.dst.hw', label: 'Target hardware address', type: 'bytes' },
    dstProto: { name: 'arp.dst.proto', label: 'Target protocol address', type: 'bytes' },
    isgratuitous: { name: 'arp.isgratuitous', label: 'Is gratuitous', type: 'boolean', generated: true },
  },
)
