// Fields of ICMPv6's messages: errors, neighbour discovery and its options, multicast listeners; and the names of its codes.
// Names, labels, types and value names are Wireshark's.

import { ICMPV6 } from './datagram-fields.ts'
import { extendProtocol, SET } from './field.ts'

export const ICMPV6_BODY: Readonly<
  Record<
    | 'reserved'
    | 'data'
    | 'mtu'
    | 'pointer'
    | 'undecodedType'
    | 'checksumBadExpert'
    | 'respIn'
    | 'respTo'
    | 'resptime'
    | 'noResp'
    | 'respNotFound'
    | 'ndRaCurHopLimit'
    | 'ndRaFlag'
    | 'ndRaFlagM'
    | 'ndRaFlagO'
    | 'ndRaFlagH'
    | 'ndRaFlagPrf'
    | 'ndRaFlagP'
    | 'ndRaFlagRsv'
    | 'ndRaRouterLifetime'
    | 'ndRaReachableTime'
    | 'ndRaRetransTimer'
    | 'ndNsTargetAddress'
    | 'ndNaFlag'
    | 'ndNaFlagR'
    | 'ndNaFlagS'
    | 'ndNaFlagO'
    | 'ndNaFlagRsv'
    | 'ndNaTargetAddress'
    | 'ndRdTargetAddress'
    | 'rdNaDestinationAddress'
    | 'opt'
    | 'optType'
    | 'optLength'
    | 'optReserved'
    | 'optPadding'
    | 'optLinkaddr'
    | 'optSrcLinkaddr'
    | 'optTargetLinkaddr'
    | 'optPrefixLength'
    | 'optPrefixFlag'
    | 'optPrefixFlagL'
    | 'optPrefixFlagA'
    | 'optPrefixFlagR'
    | 'optPrefixFlagReserved'
    | 'optPrefixValidLifetime'
    | 'optPrefixPreferredLifetime'
    | 'optPrefix'
    | 'optRedirectedPacket'
    | 'optMtu'
    | 'optAdvertisementInterval'
    | 'optHomeAgentPreference'
    | 'optHomeAgentLifetime'
    | 'optNonce'
    | 'optRouteInfoFlag'
    | 'optRouteInfoFlagRoutePreference'
    | 'optRouteInfoFlagReserved'
    | 'optRouteLifetime'
    | 'optRdnssLifetime'
    | 'optRdnss'
    | 'optDnsslLifetime'
    | 'optDnssl'
    | 'optEfo'
    | 'optEfoM'
    | 'optEfoO'
    | 'optEfoH'
    | 'optEfoPrf'
    | 'optEfoP'
    | 'optEfoRsv'
    | 'optCaptivePortal'
    | 'optPref64ScaledLifetime'
    | 'optPref64Plc'
    | 'optPref64Prefix'
    | 'invalidOptionLength'
    | 'undecodedOption'
    | 'mldMaximumResponseDelay'
    | 'mldMulticastAddress'
    | 'mldMaximumResponseCode'
    | 'mldFlag'
    | 'mldFlagS'
    | 'mldFlagQrv'
    | 'mldFlagReserved'
    | 'mldQqi'
    | 'mldNbSources'
    | 'mldSourceAddress'
    | 'mldrNbMcastRecords'
    | 'mldrMar'
    | 'mldrMarRecordType'
    | 'mldrMarAuxDataLen'
    | 'mldrMarNbSources'
    | 'mldrMarMulticastAddress'
    | 'mldrMarSourceAddress'
    | 'mldrMarAuxiliaryData',
    number
  >
> = extendProtocol(ICMPV6.protocol, {
  reserved: { name: 'icmpv6.reserved', label: 'Reserved', type: 'bytes' },
  data: { name: 'icmpv6.data', label: 'Data', type: 'bytes' },
  mtu: { name: 'icmpv6.mtu', label: 'MTU', type: 'uint32', base: 'dec' },
  pointer: { name: 'icmpv6.pointer', label: 'Pointer', type: 'uint32', base: 'dec' },
  undecodedType: { name: 'icmpv6.undecoded.type', label: 'Undecoded type', type: 'none' },
  checksumBadExpert: { name: 'icmpv6.checksum_bad.expert', label: 'Bad checksum', type: 'none' },
  respIn: { name: 'icmpv6.resp_in', label: 'Response In', type: 'framenum', generated: true },
  respTo: { name: 'icmpv6.resp_to', label: 'Response To', type: 'framenum', generated: true },
  resptime: { name: 'icmpv6.resptime', label: 'Response Time', type: 'double', generated: true },
  noResp: { name: 'icmpv6.no_resp', label: 'No response seen', type: 'none', generated: true },
  respNotFound: { name: 'icmpv6.resp_not_found', label: 'Response not found', type: 'none' },
  ndRaCurHopLimit: { name: 'icmpv6.nd.ra.cur_hop_limit', label: 'Cur hop limit', type: 'uint8', base: 'dec' },
  ndRaFlag: { name: 'icmpv6.nd.ra.flag', label: 'Flags', type: 'uint8', base: 'hex' },
  ndRaFlagM: { name: 'icmpv6.nd.ra.flag.m', label: 'Managed address configuration', type: 'boolean', width: 8, mask: 0x80, values: SET },
  ndRaFlagO: { name: 'icmpv6.nd.ra.flag.o', label: 'Other configuration', type: 'boolean', width: 8, mask: 0x40, values: SET },
  ndRaFlagH: { name: 'icmpv6.nd.ra.flag.h', label: 'Home Agent', type: 'boolean', width: 8, mask: 0x20, values: SET },
  ndRaFlagPrf: {
    name: 'icmpv6.nd.ra.flag.prf',
    label: 'Prf (Default Router Preference)',
    type: 'uint8',
    base: 'dec',
    mask: 0x18,
    values: new Map([
      [0, 'Medium'],
      [1, 'High'],
      [2, 'Reserved'],
      [3, 'Low'],
    ]),
  },
  ndRaFlagP: { name: 'icmpv6.nd.ra.flag.p', label: 'Proxy', type: 'boolean', width: 8, mask: 0x4, values: SET },
  ndRaFlagRsv: { name: 'icmpv6.nd.ra.flag.rsv', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0x3 },
  ndRaRouterLifetime: { name: 'icmpv6.nd.ra.router_lifetime', label: 'Router lifetime (s)', type: 'uint16', base: 'dec' },
  ndRaReachableTime: { name: 'icmpv6.nd.ra.reachable_time', label: 'Reachable time (ms)', type: 'uint32', base: 'dec' },
  ndRaRetransTimer: { name: 'icmpv6.nd.ra.retrans_timer', label: 'Retrans timer (ms)', type: 'uint32', base: 'dec' },
  ndNsTargetAddress: { name: 'icmpv6.nd.ns.target_address', label: 'Target Address', type: 'ipv6' },
  ndNaFlag: { name: 'icmpv6.nd.na.flag', label: 'Flags', type: 'uint32', base: 'hex' },
  ndNaFlagR: { name: 'icmpv6.nd.na.flag.r', label: 'Router', type: 'boolean', width: 32, mask: 0x80000000, values: SET },
  ndNaFlagS: { name: 'icmpv6.nd.na.flag.s', label: 'Solicited', type: 'boolean', width: 32, mask: 0x40000000, values: SET },
  ndNaFlagO: { name: 'icmpv6.nd.na.flag.o', label: 'Override', type: 'boolean', width: 32, mask: 0x20000000, values: SET },
  ndNaFlagRsv: { name: 'icmpv6.nd.na.flag.rsv', label: 'Reserved', type: 'uint32', base: 'dec', mask: 0x1fffffff },
  ndNaTargetAddress: { name: 'icmpv6.nd.na.target_address', label: 'Target Address', type: 'ipv6' },
  ndRdTargetAddress: { name: 'icmpv6.nd.rd.target_address', label: 'Target Address', type: 'ipv6' },
  rdNaDestinationAddress: { name: 'icmpv6.rd.na.destination_address', label: 'Destination Address', type: 'ipv6' },
  opt: { name: 'icmpv6.opt', label: 'ICMPv6 Option', type: 'none' },
  optType: {
    name: 'icmpv6.opt.type',
    label: 'Type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [1, 'Source link-layer address'],
      [2, 'Target link-layer address'],
      [3, 'Prefix information'],
      [4, 'Redirected header'],
      [5, 'MTU'],
      [6, 'NBMA Shortcut Limit Option'],
      [7, 'Advertisement Interval'],
      [8, 'Home Agent Information'],
      [9, 'Source Address List'],
      [10, 'Target Address List'],
      [11, 'CGA'],
      [12, 'RSA Signature'],
      [13, 'Timestamp'],
      [14, 'Nonce'],
      [15, 'Trust Anchor'],
      [16, 'Certificate'],
      [17, 'IP Address/Prefix Option'],
      [18, 'New Router Prefix Information'],
      [19, 'Link-layer Address'],
      [20, 'Neighbor Advertisement Acknowledgment'],
      [23, 'MAP'],
      [24, 'Route Information'],
      [25, 'Recursive DNS Server'],
      [26, 'RA Flags Extension'],
      [27, 'Handover Key Request'],
      [28, 'Handover Key Reply'],
      [29, 'Handover Assist Information'],
      [30, 'Mobile Node Identifier Option'],
      [31, 'DNS Search List Option'],
      [32, 'Proxy Signature (PS)'],
      [33, 'Address Registration Option'],
      [34, '6LoWPAN Context Option'],
      [35, 'Authoritative Border Router'],
      [36, '6LoWPAN Capability Indication Option'],
      [37, 'DHCP Captive-Portal'],
      [38, 'PREF64 Option'],
      [138, 'CARD Request'],
      [139, 'CARD Reply'],
      [253, 'RFC3692-style Experiment 1'],
      [254, 'RFC3692-style Experiment 2'],
    ]),
  },
  optLength: { name: 'icmpv6.opt.length', label: 'Length', type: 'uint8', base: 'dec' },
  optReserved: { name: 'icmpv6.opt.reserved', label: 'Reserved', type: 'none' },
  optPadding: { name: 'icmpv6.opt.padding', label: 'Padding', type: 'none' },
  optLinkaddr: { name: 'icmpv6.opt.linkaddr', label: 'Link-layer address', type: 'bytes', hasColons: true },
  optSrcLinkaddr: { name: 'icmpv6.opt.src_linkaddr', label: 'Source Link-layer address', type: 'bytes', hasColons: true, hidden: true },
  optTargetLinkaddr: { name: 'icmpv6.opt.target_linkaddr', label: 'Target Link-layer address', type: 'bytes', hasColons: true, hidden: true },
  optPrefixLength: { name: 'icmpv6.opt.prefix.length', label: 'Prefix Length', type: 'uint8', base: 'dec' },
  optPrefixFlag: { name: 'icmpv6.opt.prefix.flag', label: 'Flag', type: 'uint8', base: 'hex' },
  optPrefixFlagL: { name: 'icmpv6.opt.prefix.flag.l', label: 'On-link flag(L)', type: 'boolean', width: 8, mask: 0x80, values: SET },
  optPrefixFlagA: { name: 'icmpv6.opt.prefix.flag.a', label: 'Autonomous address-configuration flag(A)', type: 'boolean', width: 8, mask: 0x40, values: SET },
  optPrefixFlagR: { name: 'icmpv6.opt.prefix.flag.r', label: 'Router address flag(R)', type: 'boolean', width: 8, mask: 0x20, values: SET },
  optPrefixFlagReserved: { name: 'icmpv6.opt.prefix.flag.reserved', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0x1f },
  optPrefixValidLifetime: {
    name: 'icmpv6.opt.prefix.valid_lifetime',
    label: 'Valid Lifetime',
    type: 'uint32',
    base: 'dec',
  },
  optPrefixPreferredLifetime: {
    name: 'icmpv6.opt.prefix.preferred_lifetime',
    label: 'Preferred Lifetime',
    type: 'uint32',
    base: 'dec',
  },
  optPrefix: { name: 'icmpv6.opt.prefix', label: 'Prefix', type: 'ipv6' },
  optRedirectedPacket: { name: 'icmpv6.opt.redirected_packet', label: 'Redirected Packet', type: 'none' },
  optMtu: { name: 'icmpv6.opt.mtu', label: 'MTU', type: 'uint32', base: 'dec' },
  optAdvertisementInterval: { name: 'icmpv6.opt.advertisement_interval', label: 'Advertisement Interval', type: 'uint32', base: 'dec' },
  optHomeAgentPreference: { name: 'icmpv6.opt.home_agent_preference', label: 'Home Agent Preference', type: 'uint16', base: 'dec' },
  optHomeAgentLifetime: { name: 'icmpv6.opt.home_agent_lifetime', label: 'Home Agent Preference', type: 'uint16', base: 'dec' },
  optNonce: { name: 'icmpv6.opt.nonce', label: 'Nonce', type: 'bytes' },
  optRouteInfoFlag: { name: 'icmpv6.opt.route_info.flag', label: 'Flag', type: 'uint8', base: 'hex' },
  optRouteInfoFlagRoutePreference: {
    name: 'icmpv6.opt.route_info.flag.route_preference',
    label: 'Route Preference',
    type: 'uint8',
    base: 'dec',
    mask: 0x18,
    values: new Map([
      [0, 'Medium'],
      [1, 'High'],
      [2, 'Reserved'],
      [3, 'Low'],
    ]),
  },
  optRouteInfoFlagReserved: { name: 'icmpv6.opt.route_info.flag.reserved', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0xe7 },
  optRouteLifetime: { name: 'icmpv6.opt.route_lifetime', label: 'Route Lifetime', type: 'uint32', base: 'dec' },
  optRdnssLifetime: {
    name: 'icmpv6.opt.rdnss.lifetime',
    label: 'Lifetime',
    type: 'uint32',
    base: 'dec',
  },
  optRdnss: { name: 'icmpv6.opt.rdnss', label: 'Recursive DNS Servers', type: 'ipv6' },
  optDnsslLifetime: {
    name: 'icmpv6.opt.dnssl.lifetime',
    label: 'Lifetime',
    type: 'uint32',
    base: 'dec',
  },
  optDnssl: { name: 'icmpv6.opt.dnssl', label: 'Domain Names', type: 'string' },
  optEfo: { name: 'icmpv6.opt.efo', label: 'Flags Expansion Option', type: 'uint16', base: 'hex' },
  optEfoM: { name: 'icmpv6.opt.efo.m', label: 'Managed address configuration', type: 'boolean', width: 16, mask: 0x8000, values: SET },
  optEfoO: { name: 'icmpv6.opt.efo.o', label: 'Other configuration', type: 'boolean', width: 16, mask: 0x4000, values: SET },
  optEfoH: { name: 'icmpv6.opt.efo.h', label: 'Home Agent', type: 'boolean', width: 16, mask: 0x2000, values: SET },
  optEfoPrf: {
    name: 'icmpv6.opt.efo.prf',
    label: 'Prf (Default Router Preference)',
    type: 'uint16',
    base: 'dec',
    mask: 0x1800,
    values: new Map([
      [0, 'Medium'],
      [1, 'High'],
      [2, 'Reserved'],
      [3, 'Low'],
    ]),
  },
  optEfoP: { name: 'icmpv6.opt.efo.p', label: 'Proxy', type: 'boolean', width: 16, mask: 0x400, values: SET },
  optEfoRsv: { name: 'icmpv6.opt.efo.rsv', label: 'Reserved', type: 'uint16', base: 'dec', mask: 0x2ff },
  optCaptivePortal: { name: 'icmpv6.opt.captive_portal', label: 'Captive Portal', type: 'string' },
  optPref64ScaledLifetime: { name: 'icmpv6.opt.pref64.scaled_lifetime', label: 'Scaled Lifetime', type: 'uint16', base: 'dec', mask: 0xfff8 },
  optPref64Plc: {
    name: 'icmpv6.opt.pref64.plc',
    label: 'PLC (Prefix Length Code)',
    type: 'uint16',
    base: 'hex',
    mask: 0x7,
    values: new Map([
      [0, '96 bits prefix length'],
      [1, '64 bits prefix length'],
      [2, '56 bits prefix length'],
      [3, '48 bits prefix length'],
      [4, '40 bits prefix length'],
      [5, '32 bits prefix length'],
    ]),
  },
  optPref64Prefix: { name: 'icmpv6.opt.pref64.prefix', label: 'Prefix', type: 'ipv6' },
  invalidOptionLength: { name: 'icmpv6.invalid_option_length', label: 'Invalid Option Length', type: 'none' },
  undecodedOption: { name: 'icmpv6.undecoded.option', label: 'Undecoded option', type: 'none' },
  mldMaximumResponseDelay: { name: 'icmpv6.mld.maximum_response_delay', label: 'Maximum Response Delay [ms]', type: 'uint16', base: 'dec' },
  mldMulticastAddress: { name: 'icmpv6.mld.multicast_address', label: 'Multicast Address', type: 'ipv6' },
  mldMaximumResponseCode: { name: 'icmpv6.mld.maximum_response_code', label: 'Maximum Response Code', type: 'uint16', base: 'dec' },
  mldFlag: { name: 'icmpv6.mld.flag', label: 'Flags', type: 'uint8', base: 'hex' },
  mldFlagS: { name: 'icmpv6.mld.flag.s', label: 'Suppress Router-Side Processing', type: 'boolean', width: 8, mask: 0x8 },
  mldFlagQrv: { name: 'icmpv6.mld.flag.qrv', label: "QRV (Querier's Robustness Variable)", type: 'uint8', base: 'dec', mask: 0x7 },
  mldFlagReserved: { name: 'icmpv6.mld.flag.reserved', label: 'Reserved', type: 'uint8', base: 'dec', mask: 0xf0 },
  mldQqi: { name: 'icmpv6.mld.qqi', label: "QQIC (Querier's Query Interval Code)", type: 'uint8', base: 'dec' },
  mldNbSources: { name: 'icmpv6.mld.nb_sources', label: 'Number of Sources', type: 'uint16', base: 'dec' },
  mldSourceAddress: { name: 'icmpv6.mld.source_address', label: 'Source Address', type: 'ipv6' },
  mldrNbMcastRecords: { name: 'icmpv6.mldr.nb_mcast_records', label: 'Number of Multicast Address Records', type: 'uint16', base: 'dec' },
  mldrMar: { name: 'icmpv6.mldr.mar', label: 'Multicast Address Record', type: 'none' },
  mldrMarRecordType: {
    name: 'icmpv6.mldr.mar.record_type',
    label: 'Record Type',
    type: 'uint8',
    base: 'dec',
    values: new Map([
      [1, 'Include'],
      [2, 'Exclude'],
      [3, 'Changed to include'],
      [4, 'Changed to exclude'],
      [5, 'Allow new sources'],
      [6, 'Block old sources'],
    ]),
  },
  mldrMarAuxDataLen: { name: 'icmpv6.mldr.mar.aux_data_len', label: 'Aux Data Len', type: 'uint8', base: 'dec' },
  mldrMarNbSources: { name: 'icmpv6.mldr.mar.nb_sources', label: 'Number of Sources', type: 'uint16', base: 'dec' },
  mldrMarMulticastAddress: { name: 'icmpv6.mldr.mar.multicast_address', label: 'Multicast Address', type: 'ipv6' },
  mldrMarSourceAddress: { name: 'icmpv6.mldr.mar.source_address', label: 'Source Address', type: 'ipv6' },
  mldrMarAuxiliaryData: { name: 'icmpv6.mldr.mar.auxiliary_data', label: 'Auxiliary Data', type: 'bytes' },
})

/** Names of codes by type. */
export const ICMPV6_CODES: ReadonlyMap<number, readonly string[]> = new Map([
  [
    1,
    [
      'no route to destination',
      'Administratively prohibited',
      'Beyond scope of source address',
      'Address unreachable',
      'Port unreachable',
      'Source address failed ingress/egress policy',
      'Reject route to destination',
      'Error in Source Routing Header',
    ],
  ],
  [3, ['hop limit exceeded in transit', 'fragment reassembly time exceeded']],
  [
    4,
    [
      'erroneous header field encountered',
      'unrecognized Next Header type encountered',
      'unrecognized IPv6 option encountered',
      'IPv6 First Fragment has incomplete IPv6 Header Chain',
    ],
  ],
])
