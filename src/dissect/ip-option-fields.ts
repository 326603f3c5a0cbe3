// Fields of the options of IPv4 and IPv6 and of IPv6's routing headers.
// Names, labels, types and value names are Wireshark's.

import { booleanNames, extendProtocol } from './field.ts'
import { IP, IPV6 } from './ip-fields.ts'

/** Names of the options of IPv6. */
export const IPV6_OPTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'Pad1'],
  [1, 'PadN'],
  [4, 'Tunnel Encapsulation Limit'],
  [5, 'Router Alert'],
  [7, 'CALIPSO'],
  [8, 'SMF_DPD'],
  [15, 'Performance and Diagnostic Metrics'],
  [30, 'Experimental (0x1E)'],
  [38, 'Quick-Start'],
  [48, 'Path MTU Option'],
  [49, 'IOAM Option'],
  [62, 'Experimental (0x3E)'],
  [65, 'Tunnel Payload Forwarding (TPF) Information'],
  [94, 'Experimental (0x5E)'],
  [99, 'RPL Option'],
  [109, 'MPL Option'],
  [126, 'Experimental (0x7E)'],
  [138, 'Endpoint Identification'],
  [139, 'ILNP Nonce'],
  [140, 'Line-Identification Option'],
  [158, 'Experimental (0x9E)'],
  [190, 'Experimental (0xBE)'],
  [194, 'Jumbo Payload'],
  [201, 'Home Address'],
  [222, 'Experimental (0xDE)'],
  [238, 'IP_DFF'],
  [254, 'Experimental (0xFE)'],
])

export const IP_OPTION: Readonly<
  Record<
    | 'optTypeCopy'
    | 'optTypeClass'
    | 'optTypeNumber'
    | 'optLen'
    | 'optPtr'
    | 'optSid'
    | 'optRa'
    | 'recRt'
    | 'recRtHost'
    | 'srcRt'
    | 'srcRtHost'
    | 'emptyRt'
    | 'emptyRtHost'
    | 'optOverflow'
    | 'optFlag'
    | 'optTimeStamp'
    | 'optTimeStampAddr'
    | 'optLenInvalid'
    | 'nop'
    | 'optionsRouteralert'
    | 'optionsRecordRoute'
    | 'optionsSourceRoute'
    | 'optionsRoute'
    | 'optionsTimestamp'
    | 'optionsSid'
    | 'optionsEol'
    | 'optionsNop'
    | 'optionsSecurity',
    number
  >
> = extendProtocol(IP.protocol, {
  optTypeCopy: { name: 'ip.opt.type.copy', label: 'Copy on fragmentation', type: 'boolean', width: 8, mask: 0x80, values: booleanNames('Yes', 'No') },
  optTypeClass: {
    name: 'ip.opt.type.class',
    label: 'Class',
    type: 'uint8',
    base: 'dec',
    mask: 0x60,
    values: new Map([
      [0, 'Control'],
      [1, 'Reserved for future use'],
      [2, 'Debugging and measurement'],
      [3, 'Reserved for future use'],
    ]),
  },
  optTypeNumber: {
    name: 'ip.opt.type.number',
    label: 'Number',
    type: 'uint8',
    base: 'dec',
    mask: 0x1f,
    values: new Map([
      [0, 'End of Option List (EOL)'],
      [1, 'No-Operation (NOP)'],
      [2, 'Security'],
      [3, 'Loose source route'],
      [4, 'Time stamp'],
      [5, 'Extended security'],
      [6, 'Commercial IP security option'],
      [7, 'Record route'],
      [8, 'Stream identifier'],
      [9, 'Strict source route'],
      [10, 'Experimental Measurement'],
      [11, 'MTU probe'],
      [12, 'MTU Reply'],
      [13, 'Experimental Flow Control'],
      [14, 'Experimental Access Control'],
      [15, 'Ask Estrin'],
      [16, 'IMI Traffic Descriptor'],
      [17, 'Extended Internet Protocol'],
      [18, 'Traceroute'],
      [19, 'Address Extension'],
      [20, 'Router Alert'],
      [21, 'Selective Directed Broadcast'],
      [22, 'Unassigned'],
      [23, 'Dynamic Packet State'],
      [24, 'Upstream Multicast Packet'],
      [25, 'Quick-Start'],
      [30, 'RFC 3692-style experiment'],
    ]),
  },
  optLen: { name: 'ip.opt.len', label: 'Length', type: 'uint8', base: 'dec' },
  optPtr: { name: 'ip.opt.ptr', label: 'Pointer', type: 'uint8', base: 'dec' },
  optSid: { name: 'ip.opt.sid', label: 'Stream Identifier', type: 'uint16', base: 'dec' },
  optRa: { name: 'ip.opt.ra', label: 'Router Alert', type: 'uint16', base: 'dec' },
  recRt: { name: 'ip.rec_rt', label: 'Recorded Route', type: 'ipv4' },
  recRtHost: { name: 'ip.rec_rt_host', label: 'Recorded Route Host', type: 'string', hidden: true },
  srcRt: { name: 'ip.src_rt', label: 'Source Route', type: 'ipv4' },
  srcRtHost: { name: 'ip.src_rt_host', label: 'Source Route Host', type: 'string', hidden: true },
  emptyRt: { name: 'ip.empty_rt', label: 'Empty Route', type: 'ipv4' },
  emptyRtHost: { name: 'ip.empty_rt_host', label: 'Empty Route Host', type: 'string', hidden: true },
  optOverflow: { name: 'ip.opt.overflow', label: 'Overflow', type: 'uint8', base: 'dec', mask: 0xf0 },
  optFlag: {
    name: 'ip.opt.flag',
    label: 'Flag',
    type: 'uint8',
    base: 'hex',
    mask: 0xf,
    values: new Map([
      [0, 'Time stamps only'],
      [1, 'Time stamp and address'],
      [3, 'Time stamps for prespecified addresses'],
    ]),
  },
  optTimeStamp: { name: 'ip.opt.time_stamp', label: 'Time stamp', type: 'uint32', base: 'dec' },
  optTimeStampAddr: { name: 'ip.opt.time_stamp_addr', label: 'Address', type: 'ipv4' },
  optLenInvalid: { name: 'ip.opt.len.invalid', label: 'Invalid length for option', type: 'none' },
  nop: { name: 'ip.nop', label: '4 NOP in a row - a router may have removed some options', type: 'none' },
  optionsRouteralert: { name: 'ip.options.routeralert', label: 'IP Option - Router Alert', type: 'bytes' },
  optionsRecordRoute: { name: 'ip.options.record_route', label: 'IP Option - Record Route', type: 'bytes' },
  optionsSourceRoute: { name: 'ip.options.source_route', label: 'IP Option - Strict Source Route', type: 'bytes' },
  optionsRoute: { name: 'ip.options.route', label: 'IP Option - Loose Source Route', type: 'bytes' },
  optionsTimestamp: { name: 'ip.options.timestamp', label: 'IP Option - Time Stamp', type: 'bytes' },
  optionsSid: { name: 'ip.options.sid', label: 'IP Option - Stream ID', type: 'bytes' },
  optionsEol: { name: 'ip.options.eol', label: 'IP Option - End of Options List (EOL)', type: 'bytes' },
  optionsNop: { name: 'ip.options.nop', label: 'IP Option - No-Operation (NOP)', type: 'bytes' },
  optionsSecurity: { name: 'ip.options.security', label: 'IP Option - Security', type: 'bytes' },
})

export const IPV6_OPTION: Readonly<
  Record<
    | 'opt'
    | 'optType'
    | 'optTypeAction'
    | 'optTypeChange'
    | 'optTypeRest'
    | 'optLength'
    | 'optPad1'
    | 'optPadn'
    | 'optRouterAlert'
    | 'optTel'
    | 'optJumbo'
    | 'optMipv6HomeAddress'
    | 'optRplFlag'
    | 'optRplFlagO'
    | 'optRplFlagR'
    | 'optRplFlagF'
    | 'optRplFlagRsv'
    | 'optRplInstanceId'
    | 'optRplSenderRank'
    | 'optExperimental'
    | 'optUnknownData'
    | 'optUnknown'
    | 'optJumboProhibited'
    | 'optInvalidLen'
    | 'optUnknownDataExpert'
    | 'optHeaderMismatch'
    | 'hopoptsLenOct'
    | 'dstoptsLenOct'
    | 'routingLenOct'
    | 'routingUnknownData'
    | 'routingSrcReserved'
    | 'routingSrcAddr'
    | 'routingMipv6Reserved'
    | 'routingMipv6HomeAddress'
    | 'routingSrhLastEntry'
    | 'routingSrhFlags'
    | 'routingSrhTag'
    | 'routingSrhAddr'
    | 'routingUndecoded'
    | 'routingDeprecated'
    | 'plenZero'
    | 'invalidHeader',
    number
  >
> = extendProtocol(IPV6.protocol, {
  opt: { name: 'ipv6.opt', label: 'IPv6 Option', type: 'none' },
  optType: { name: 'ipv6.opt.type', label: 'Type', type: 'uint8', base: 'hex', values: IPV6_OPTIONS },
  optTypeAction: {
    name: 'ipv6.opt.type.action',
    label: 'Action',
    type: 'uint8',
    base: 'dec',
    mask: 0xc0,
    values: new Map([
      [0, 'Skip and continue'],
      [1, 'Discard'],
      [2, 'Discard and send ICMP Parameter Problem'],
      [3, 'Discard and send ICMP if not multicast'],
    ]),
  },
  optTypeChange: { name: 'ipv6.opt.type.change', label: 'May Change', type: 'boolean', width: 8, mask: 0x20, values: booleanNames('Yes', 'No') },
  optTypeRest: { name: 'ipv6.opt.type.rest', label: 'Low-Order Bits', type: 'uint8', base: 'hex', mask: 0x1f },
  optLength: { name: 'ipv6.opt.length', label: 'Length', type: 'uint8', base: 'dec' },
  optPad1: { name: 'ipv6.opt.pad1', label: 'Pad1', type: 'none' },
  optPadn: { name: 'ipv6.opt.padn', label: 'PadN', type: 'bytes', whenEmpty: '<none>' },
  optRouterAlert: {
    name: 'ipv6.opt.router_alert',
    label: 'Router Alert',
    type: 'uint16',
    base: 'dec',
    values: new Map([
      [0, 'MLD'],
      [1, 'RSVP'],
      [2, 'Active Network'],
    ]),
  },
  optTel: { name: 'ipv6.opt.tel', label: 'Tunnel Encapsulation Limit', type: 'uint8', base: 'dec' },
  optJumbo: { name: 'ipv6.opt.jumbo', label: 'Payload Length', type: 'uint32', base: 'dec' },
  optMipv6HomeAddress: { name: 'ipv6.opt.mipv6.home_address', label: 'MIPv6 Home Address', type: 'ipv6' },
  optRplFlag: { name: 'ipv6.opt.rpl.flag', label: 'Flag', type: 'uint8', base: 'hex' },
  optRplFlagO: { name: 'ipv6.opt.rpl.flag.o', label: 'Down', type: 'boolean', width: 8, mask: 0x80 },
  optRplFlagR: { name: 'ipv6.opt.rpl.flag.r', label: 'Rank Error', type: 'boolean', width: 8, mask: 0x40 },
  optRplFlagF: { name: 'ipv6.opt.rpl.flag.f', label: 'Forwarding Error', type: 'boolean', width: 8, mask: 0x20 },
  optRplFlagRsv: { name: 'ipv6.opt.rpl.flag.rsv', label: 'Reserved', type: 'uint8', base: 'hex', mask: 0x1f },
  optRplInstanceId: { name: 'ipv6.opt.rpl.instance_id', label: 'RPLInstanceID', type: 'uint8', base: 'hex' },
  optRplSenderRank: { name: 'ipv6.opt.rpl.sender_rank', label: 'Sender Rank', type: 'uint16', base: 'hex' },
  optExperimental: { name: 'ipv6.opt.experimental', label: 'Experimental Option', type: 'bytes' },
  optUnknownData: { name: 'ipv6.opt_unknown_data', label: 'Unknown Data', type: 'bytes' },
  optUnknown: { name: 'ipv6.opt.unknown', label: 'Unknown Option Payload', type: 'bytes' },
  optJumboProhibited: {
    name: 'ipv6.opt.jumbo.prohibited',
    label: 'When IPv6 payload length does not equal 0 a Jumbo Payload option must not be present',
    type: 'none',
  },
  optInvalidLen: { name: 'ipv6.opt.invalid_len', label: 'Invalid IPv6 option length', type: 'none' },
  optUnknownDataExpert: { name: 'ipv6.opt.unknown_data.expert', label: 'Unknown Data (not interpreted)', type: 'none' },
  optHeaderMismatch: { name: 'ipv6.opt.header_mismatch', label: 'Wrong options extension header for type', type: 'none' },
  hopoptsLenOct: { name: 'ipv6.hopopts.len_oct', label: 'Length', type: 'uint16', base: 'dec' },
  dstoptsLenOct: { name: 'ipv6.dstopts.len_oct', label: 'Length', type: 'uint16', base: 'dec' },
  routingLenOct: { name: 'ipv6.routing.len_oct', label: 'Length', type: 'uint16', base: 'dec' },
  routingUnknownData: { name: 'ipv6.routing.unknown_data', label: 'Type-Specific Data', type: 'bytes' },
  routingSrcReserved: { name: 'ipv6.routing.src.reserved', label: 'Reserved', type: 'bytes' },
  routingSrcAddr: { name: 'ipv6.routing.src.addr', label: 'Address', type: 'ipv6' },
  routingMipv6Reserved: { name: 'ipv6.routing.mipv6.reserved', label: 'Reserved', type: 'bytes' },
  routingMipv6HomeAddress: { name: 'ipv6.routing.mipv6.home_address', label: 'Home Address', type: 'ipv6' },
  routingSrhLastEntry: { name: 'ipv6.routing.srh.last_entry', label: 'Last Entry', type: 'uint8', base: 'dec' },
  routingSrhFlags: { name: 'ipv6.routing.srh.flags', label: 'Flags', type: 'uint8', base: 'hex' },
  routingSrhTag: { name: 'ipv6.routing.srh.tag', label: 'Tag', type: 'bytes' },
  routingSrhAddr: { name: 'ipv6.routing.srh.addr', label: 'Address', type: 'ipv6' },
  routingUndecoded: { name: 'ipv6.routing.undecoded', label: 'Undecoded IPv6 routing header field', type: 'none' },
  routingDeprecated: { name: 'ipv6.routing.deprecated', label: 'Routing header type is deprecated', type: 'none' },
  plenZero: { name: 'ipv6.plen_zero', label: 'IPv6 payload length equals 0 (maybe because of "TCP segmentation offload" (TSO))', type: 'none' },
  invalidHeader: { name: 'ipv6.invalid_header', label: 'Invalid IPv6 header', type: 'none' },
})
