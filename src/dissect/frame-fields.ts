// Fields of the frame itself: `frame.*`, and its comments.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, type ProtocolFields, SET } from './field.ts'

/** Wireshark's own numbers of the link types that are read here. */
export const Encapsulation = { Unknown: 0, Ethernet: 1, RawIp: 7, Null: 15, LinuxCooked: 25, RawIp4: 129, RawIp6: 130, Loop: 174, LinuxCooked2: 210 } as const

const ENCAPSULATIONS: ReadonlyMap<number, string> = new Map([
  [0, 'Unknown'],
  [1, 'Ethernet'],
  [7, 'Raw IP'],
  [15, 'NULL/Loopback'],
  [25, 'Linux cooked-mode capture v1'],
  [129, 'Raw IPv4'],
  [130, 'Raw IPv6'],
  [174, 'OpenBSD loopback'],
  [210, 'Linux cooked-mode capture v2'],
])

export const FRAME: ProtocolFields<
  | 'sectionNumber'
  | 'interfaceId'
  | 'interfaceName'
  | 'interfaceDescription'
  | 'packetFlags'
  | 'packetFlagsDirection'
  | 'packetFlagsReceptionType'
  | 'packetFlagsFcsLength'
  | 'packetFlagsReserved'
  | 'packetFlagsCrcError'
  | 'packetFlagsPacketTooError'
  | 'packetFlagsPacketTooShortError'
  | 'packetFlagsWrongInterFrameGapError'
  | 'packetFlagsUnalignedFrameError'
  | 'packetFlagsStartFrameDelimiterError'
  | 'packetFlagsPreambleError'
  | 'packetFlagsSymbolError'
  | 'p2pDir'
  | 'encapType'
  | 'time'
  | 'offsetShift'
  | 'timeEpoch'
  | 'timeDelta'
  | 'timeDeltaDisplayed'
  | 'timeRelative'
  | 'number'
  | 'len'
  | 'capLen'
  | 'marked'
  | 'ignored'
  | 'protocols'
  | 'comment'
  | 'commentExpert'
> = defineProtocol(
  { name: 'frame', label: 'Frame' },
  {
    sectionNumber: { name: 'frame.section_number', label: 'Section number', type: 'uint32', base: 'dec' },
    interfaceId: { name: 'frame.interface_id', label: 'Interface id', type: 'uint32', base: 'dec' },
    interfaceName: { name: 'frame.interface_name', label: 'Interface name', type: 'string' },
    interfaceDescription: { name: 'frame.interface_description', label: 'Interface description', type: 'string' },
    packetFlags: { name: 'frame.packet_flags', label: 'Packet flags', type: 'uint32', base: 'hex' },
    packetFlagsDirection: {
      name: 'frame.packet_flags_direction',
      label: 'Direction',
      type: 'uint32',
      base: 'hex',
      mask: 0x3,
      values: new Map([
        [0, 'Unknown'],
        [1, 'Inbound'],
        [2, 'Outbound'],
      ]),
    },
    packetFlagsReceptionType: {
      name: 'frame.packet_flags_reception_type',
      label: 'Reception type',
      type: 'uint32',
      base: 'dec',
      mask: 0x1c,
      values: new Map([
        [0, 'Not specified'],
        [1, 'Unicast'],
        [2, 'Multicast'],
        [3, 'Broadcast'],
        [4, 'Promiscuous'],
      ]),
    },
    packetFlagsFcsLength: { name: 'frame.packet_flags_fcs_length', label: 'FCS length', type: 'uint32', base: 'dec', mask: 0x1e0 },
    packetFlagsReserved: { name: 'frame.packet_flags_reserved', label: 'Reserved', type: 'uint32', base: 'dec', mask: 0xfe00 },
    packetFlagsCrcError: { name: 'frame.packet_flags_crc_error', label: 'CRC error', type: 'boolean', width: 32, mask: 0x1000000, values: SET },
    packetFlagsPacketTooError: {
      name: 'frame.packet_flags_packet_too_error',
      label: 'Packet too long error',
      type: 'boolean',
      width: 32,
      mask: 0x2000000,
      values: SET,
    },
    packetFlagsPacketTooShortError: {
      name: 'frame.packet_flags_packet_too_short_error',
      label: 'Packet too short error',
      type: 'boolean',
      width: 32,
      mask: 0x4000000,
      values: SET,
    },
    packetFlagsWrongInterFrameGapError: {
      name: 'frame.packet_flags_wrong_inter_frame_gap_error',
      label: 'Wrong interframe gap error',
      type: 'boolean',
      width: 32,
      mask: 0x8000000,
      values: SET,
    },
    packetFlagsUnalignedFrameError: {
      name: 'frame.packet_flags_unaligned_frame_error',
      label: 'Unaligned frame error',
      type: 'boolean',
      width: 32,
      mask: 0x10000000,
      values: SET,
    },
    packetFlagsStartFrameDelimiterError: {
      name: 'frame.packet_flags_start_frame_delimiter_error',
      label: 'Start frame delimiter error',
      type: 'boolean',
      width: 32,
      mask: 0x20000000,
      values: SET,
    },
    packetFlagsPreambleError: { name: 'frame.packet_flags_preamble_error', label: 'Preamble error', type: 'boolean', width: 32, mask: 0x40000000, values: SET },
    packetFlagsSymbolError: { name: 'frame.packet_flags_symbol_error', label: 'Symbol error', type: 'boolean', width: 32, mask: 0x80000000, values: SET },
    p2pDir: {
      name: 'frame.p2p_dir',
      label: 'Point-to-Point Direction',
      type: 'int8',
      base: 'dec',
      values: new Map([
        [4294967295, 'Unknown'],
        [0, 'Sent'],
        [1, 'Received'],
      ]),
    },
    encapType: { name: 'frame.encap_type', label: 'Encapsulation type', type: 'int16', base: 'dec', values: ENCAPSULATIONS },
    time: { name: 'frame.time', label: 'Arrival Time', type: 'absolute_time' },
    offsetShift: { name: 'frame.offset_shift', label: 'Time shift for this packet', type: 'relative_time', generated: true },
    timeEpoch: { name: 'frame.time_epoch', label: 'Epoch Time', type: 'relative_time' },
    timeDelta: { name: 'frame.time_delta', label: 'Time delta from previous captured frame', type: 'relative_time', generated: true },
    timeDeltaDisplayed: { name: 'frame.time_delta_displayed', label: 'Time delta from previous displayed frame', type: 'relative_time', generated: true },
    timeRelative: { name: 'frame.time_relative', label: 'Time since reference or first frame', type: 'relative_time', generated: true },
    number: { name: 'frame.number', label: 'Frame Number', type: 'uint32', base: 'dec' },
    len: { name: 'frame.len', label: 'Frame length on the wire', type: 'uint32', base: 'dec', unit: ' bytes' },
    capLen: { name: 'frame.cap_len', label: 'Frame length stored into the capture file', type: 'uint32', base: 'dec', unit: ' bytes' },
    marked: { name: 'frame.marked', label: 'Frame is marked', type: 'boolean', generated: true },
    ignored: { name: 'frame.ignored', label: 'Frame is ignored', type: 'boolean', generated: true },
    protocols: { name: 'frame.protocols', label: 'Protocols in frame', type: 'string', generated: true },
    comment: { name: 'frame.comment', label: 'Comment', type: 'string' },
    commentExpert: { name: 'frame.comment.expert', label: 'Formatted comment', type: 'none' },
  },
)

export const COMMENT: ProtocolFields<never> = defineProtocol({ name: 'pkt_comment', label: 'Packet comments' }, {})
