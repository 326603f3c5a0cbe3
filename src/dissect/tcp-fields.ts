// Fields of TCP, its options, its analysis and its reassembly.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, extendProtocol, type ProtocolFields, SET } from './field.ts'
import { processFields } from './preference-fields.ts'

const CHECKSUM_STATUS: ReadonlyMap<number, string> = new Map([
  [0, 'Bad'],
  [1, 'Good'],
  [2, 'Unverified'],
  [3, 'Not present'],
  [4, 'Illegal'],
])

export const TCP: ProtocolFields<
  | 'srcport'
  | 'dstport'
  | 'port'
  | 'stream'
  | 'completeness'
  | 'len'
  | 'seq'
  | 'seqRaw'
  | 'nxtseq'
  | 'ack'
  | 'ackRaw'
  | 'hdrLen'
  | 'flags'
  | 'flagsRes'
  | 'flagsAe'
  | 'flagsCwr'
  | 'flagsEce'
  | 'flagsUrg'
  | 'flagsAck'
  | 'flagsPush'
  | 'flagsReset'
  | 'flagsSyn'
  | 'flagsFin'
  | 'flagsStr'
  | 'windowSizeValue'
  | 'windowSize'
  | 'windowSizeScalefactor'
  | 'checksum'
  | 'checksumStatus'
  | 'urgentPointer'
  | 'options'
  | 'optionKind'
  | 'optionLen'
  | 'optionsEol'
  | 'optionsNop'
  | 'optionsMss'
  | 'optionsMssVal'
  | 'optionsWscale'
  | 'optionsWscaleShift'
  | 'optionsWscaleShiftInvalid'
  | 'optionsWscaleMultiplier'
  | 'optionsSackPerm'
  | 'optionsSack'
  | 'optionsSackLe'
  | 'optionsSackRe'
  | 'optionsSackCount'
  | 'optionsSackDsackLe'
  | 'optionsSackDsackRe'
  | 'optionsSackDsack'
  | 'optionsTimestamp'
  | 'optionsTimestampTsval'
  | 'optionsTimestampTsecr'
  | 'optionsUnknown'
  | 'optionsUnknownPayload'
  | 'timestamps'
  | 'timeRelative'
  | 'timeDelta'
  | 'payload'
  | 'pduSize'
  | 'pduLastFrame'
  | 'pduTime'
  | 'segmentData'
  | 'segments'
  | 'segment'
  | 'segmentOverlap'
  | 'segmentOverlapConflict'
  | 'segmentMultipletails'
  | 'segmentToolongfragment'
  | 'segmentError'
  | 'segmentCount'
  | 'reassembledIn'
  | 'reassembledLength'
  | 'reassembledData'
  | 'resetCause'
  | 'finRetransmission'
  | 'connectionSyn'
  | 'connectionSynack'
  | 'connectionFin'
  | 'connectionFinActive'
  | 'connectionFinPassive'
  | 'connectionRst'
  | 'shortSegment'
  | 'continuationTo'
  | 'analysis'
  | 'analysisFlags'
  | 'analysisAcksFrame'
  | 'analysisAckRtt'
  | 'analysisInitialRtt'
  | 'analysisBytesInFlight'
  | 'analysisPushBytesSent'
  | 'analysisRto'
  | 'analysisRtoFrame'
  | 'analysisDuplicateAck'
  | 'analysisDuplicateAckNum'
  | 'analysisDuplicateAckFrame'
  | 'analysisRetransmission'
  | 'analysisFastRetransmission'
  | 'analysisSpuriousRetransmission'
  | 'analysisOutOfOrder'
  | 'analysisLostSegment'
  | 'analysisAckLostSegment'
  | 'analysisKeepAlive'
  | 'analysisKeepAliveAck'
  | 'analysisZeroWindow'
  | 'analysisZeroWindowProbe'
  | 'analysisZeroWindowProbeAck'
  | 'analysisWindowUpdate'
  | 'analysisWindowFull'
  | 'analysisReusedPorts'
  | 'analysisTfoSyn'
  | 'analysisTfoAck'
  | 'ackNonzero'
  | 'urgentPointerNonZero'
  | 'optionsMssPresent'
  | 'optionsMssAbsent'
  | 'bogusHeaderLength'
> = defineProtocol(
  { name: 'tcp', label: 'Transmission Control Protocol' },
  {
    srcport: { name: 'tcp.srcport', label: 'Source Port', type: 'uint16' },
    dstport: { name: 'tcp.dstport', label: 'Destination Port', type: 'uint16' },
    port: { name: 'tcp.port', label: 'Source or Destination Port', type: 'uint16', hidden: true },
    stream: { name: 'tcp.stream', label: 'Stream index', type: 'uint32', base: 'dec', generated: true },
    completeness: { name: 'tcp.completeness', label: 'Conversation completeness', type: 'uint8', generated: true },
    len: { name: 'tcp.len', label: 'TCP Segment Len', type: 'uint32', base: 'dec', generated: true },
    seq: { name: 'tcp.seq', label: 'Sequence Number', type: 'uint32', base: 'dec' },
    seqRaw: { name: 'tcp.seq_raw', label: 'Sequence Number (raw)', type: 'uint32', base: 'dec' },
    nxtseq: { name: 'tcp.nxtseq', label: 'Next Sequence Number', type: 'uint32', base: 'dec', generated: true },
    ack: { name: 'tcp.ack', label: 'Acknowledgment Number', type: 'uint32', base: 'dec' },
    ackRaw: { name: 'tcp.ack_raw', label: 'Acknowledgment number (raw)', type: 'uint32', base: 'dec' },
    hdrLen: { name: 'tcp.hdr_len', label: 'Header Length', type: 'uint8', base: 'dec', mask: 0xf0 },
    flags: { name: 'tcp.flags', label: 'Flags', type: 'uint16', base: 'hex', mask: 0xfff, hidesBits: true },
    flagsRes: { name: 'tcp.flags.res', label: 'Reserved', type: 'boolean', width: 12, mask: 0xe00, values: SET },
    flagsAe: { name: 'tcp.flags.ae', label: 'Accurate ECN', type: 'boolean', width: 12, mask: 0x100, values: SET },
    flagsCwr: { name: 'tcp.flags.cwr', label: 'Congestion Window Reduced', type: 'boolean', width: 12, mask: 0x80, values: SET },
    flagsEce: { name: 'tcp.flags.ece', label: 'ECN-Echo', type: 'boolean', width: 12, mask: 0x40, values: SET },
    flagsUrg: { name: 'tcp.flags.urg', label: 'Urgent', type: 'boolean', width: 12, mask: 0x20, values: SET },
    flagsAck: { name: 'tcp.flags.ack', label: 'Acknowledgment', type: 'boolean', width: 12, mask: 0x10, values: SET },
    flagsPush: { name: 'tcp.flags.push', label: 'Push', type: 'boolean', width: 12, mask: 0x8, values: SET },
    flagsReset: { name: 'tcp.flags.reset', label: 'Reset', type: 'boolean', width: 12, mask: 0x4, values: SET },
    flagsSyn: { name: 'tcp.flags.syn', label: 'Syn', type: 'boolean', width: 12, mask: 0x2, values: SET },
    flagsFin: { name: 'tcp.flags.fin', label: 'Fin', type: 'boolean', width: 12, mask: 0x1, values: SET },
    flagsStr: { name: 'tcp.flags.str', label: 'TCP Flags', type: 'string', generated: true },
    windowSizeValue: { name: 'tcp.window_size_value', label: 'Window', type: 'uint16', base: 'dec' },
    windowSize: { name: 'tcp.window_size', label: 'Calculated window size', type: 'uint32', base: 'dec', generated: true },
    windowSizeScalefactor: { name: 'tcp.window_size_scalefactor', label: 'Window size scaling factor', type: 'int32', base: 'dec', generated: true },
    checksum: { name: 'tcp.checksum', label: 'Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: { name: 'tcp.checksum.status', label: 'Checksum Status', type: 'uint8', values: CHECKSUM_STATUS, generated: true },
    urgentPointer: { name: 'tcp.urgent_pointer', label: 'Urgent Pointer', type: 'uint16', base: 'dec' },
    options: { name: 'tcp.options', label: 'TCP Options', type: 'bytes' },
    optionKind: {
      name: 'tcp.option_kind',
      label: 'Kind',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'End of Option List'],
        [1, 'No-Operation'],
        [2, 'Maximum Segment Size'],
        [3, 'Window Scale'],
        [4, 'SACK Permitted'],
        [5, 'SACK'],
        [6, 'Echo'],
        [7, 'Echo Reply'],
        [8, 'Time Stamp Option'],
        [9, 'Partial Order Connection Permitted'],
        [10, 'Partial Order Service Profile'],
        [11, 'CC'],
        [12, 'CC.NEW'],
        [13, 'CC.ECHO'],
        [14, 'TCP Alternate Checksum Request'],
        [15, 'TCP Alternate Checksum Data'],
        [16, 'Skeeter'],
        [17, 'Bubba'],
        [18, 'Trailer Checksum Option'],
        [19, 'MD5 Signature Option'],
        [20, 'SCPS Capabilities'],
        [21, 'Selective Negative Acknowledgements'],
        [22, 'Record Boundaries'],
        [23, 'Corruption experienced'],
        [24, 'SNAP'],
        [25, 'Unassigned'],
        [26, 'TCP Compression Filter'],
        [27, 'Quick-Start Response'],
        [28, 'User Timeout Option'],
        [29, 'The TCP Authentication Option'],
        [30, 'Multipath TCP'],
        [34, 'TCP Fast Open Cookie'],
        [76, 'Riverbed Probe'],
        [78, 'Riverbed Transparency'],
        [172, 'Accurate ECN Order 0'],
        [174, 'Accurate ECN Order 1'],
        [253, 'RFC3692-style Experiment 1'],
        [254, 'RFC3692-style Experiment 2'],
      ]),
    },
    optionLen: { name: 'tcp.option_len', label: 'Length', type: 'uint8', base: 'dec' },
    optionsEol: { name: 'tcp.options.eol', label: 'TCP Option - End of Option List (EOL)', type: 'protocol' },
    optionsNop: { name: 'tcp.options.nop', label: 'TCP Option - No-Operation (NOP)', type: 'protocol' },
    optionsMss: { name: 'tcp.options.mss', label: 'TCP Option - Maximum segment size', type: 'protocol' },
    optionsMssVal: { name: 'tcp.options.mss_val', label: 'MSS Value', type: 'uint16', base: 'dec' },
    optionsWscale: { name: 'tcp.options.wscale', label: 'TCP Option - Window scale', type: 'protocol' },
    optionsWscaleShift: { name: 'tcp.options.wscale.shift', label: 'Shift count', type: 'uint8', base: 'dec' },
    optionsWscaleShiftInvalid: { name: 'tcp.options.wscale.shift.invalid', label: 'Window scale shift exceeds 14', type: 'none' },
    optionsWscaleMultiplier: { name: 'tcp.options.wscale.multiplier', label: 'Multiplier', type: 'uint16', base: 'dec', generated: true },
    optionsSackPerm: { name: 'tcp.options.sack_perm', label: 'TCP Option - SACK permitted', type: 'protocol' },
    optionsSack: { name: 'tcp.options.sack', label: 'TCP Option - SACK', type: 'protocol' },
    optionsSackLe: { name: 'tcp.options.sack_le', label: 'TCP SACK Left Edge', type: 'uint32', base: 'dec' },
    optionsSackRe: { name: 'tcp.options.sack_re', label: 'TCP SACK Right Edge', type: 'uint32', base: 'dec' },
    optionsSackCount: { name: 'tcp.options.sack.count', label: 'TCP SACK Count', type: 'uint8', base: 'dec', generated: true },
    optionsSackDsackLe: { name: 'tcp.options.sack.dsack_le', label: 'TCP D-SACK Left Edge', type: 'uint32', base: 'dec', generated: true },
    optionsSackDsackRe: { name: 'tcp.options.sack.dsack_re', label: 'TCP D-SACK Right Edge', type: 'uint32', base: 'dec', generated: true },
    optionsSackDsack: { name: 'tcp.options.sack.dsack', label: 'D-SACK Sequence', type: 'none' },
    optionsTimestamp: { name: 'tcp.options.timestamp', label: 'TCP Option - Timestamps', type: 'protocol' },
    optionsTimestampTsval: { name: 'tcp.options.timestamp.tsval', label: 'Timestamp value', type: 'uint32', base: 'dec' },
    optionsTimestampTsecr: { name: 'tcp.options.timestamp.tsecr', label: 'Timestamp echo reply', type: 'uint32', base: 'dec' },
    optionsUnknown: { name: 'tcp.options.unknown', label: 'TCP Option - Unknown', type: 'protocol' },
    optionsUnknownPayload: { name: 'tcp.options.unknown.payload', label: 'Payload', type: 'bytes' },
    timestamps: { name: '', label: 'Timestamps', type: 'none', generated: true },
    timeRelative: { name: 'tcp.time_relative', label: 'Time since first frame in this TCP stream', type: 'relative_time', generated: true },
    timeDelta: { name: 'tcp.time_delta', label: 'Time since previous frame in this TCP stream', type: 'relative_time', generated: true },
    payload: { name: 'tcp.payload', label: 'TCP payload', type: 'bytes' },
    pduSize: { name: 'tcp.pdu.size', label: 'PDU Size', type: 'uint32', base: 'dec', generated: true },
    pduLastFrame: { name: 'tcp.pdu.last_frame', label: 'Last frame of this PDU', type: 'framenum' },
    pduTime: { name: 'tcp.pdu.time', label: 'Time until the last segment of this PDU', type: 'relative_time' },
    segmentData: { name: 'tcp.segment_data', label: 'TCP segment data', type: 'bytes' },
    segments: { name: 'tcp.segments', label: 'Reassembled TCP Segments', type: 'none', generated: true },
    segment: { name: 'tcp.segment', label: 'TCP Segment', type: 'framenum', generated: true },
    segmentOverlap: { name: 'tcp.segment.overlap', label: 'Segment overlap', type: 'boolean', generated: true },
    segmentOverlapConflict: { name: 'tcp.segment.overlap.conflict', label: 'Conflicting data in segment overlap', type: 'boolean', generated: true },
    segmentMultipletails: { name: 'tcp.segment.multipletails', label: 'Multiple tail segments found', type: 'boolean' },
    segmentToolongfragment: { name: 'tcp.segment.toolongfragment', label: 'Segment too long', type: 'boolean' },
    segmentError: { name: 'tcp.segment.error', label: 'Reassembling error', type: 'framenum', generated: true },
    segmentCount: { name: 'tcp.segment.count', label: 'Segment count', type: 'uint32', base: 'dec', generated: true },
    reassembledIn: { name: 'tcp.reassembled_in', label: 'Reassembled PDU in frame', type: 'framenum', generated: true },
    reassembledLength: { name: 'tcp.reassembled.length', label: 'Reassembled TCP length', type: 'uint32', base: 'dec', generated: true },
    reassembledData: { name: 'tcp.reassembled.data', label: 'Reassembled TCP Data', type: 'bytes', generated: true },
    resetCause: { name: 'tcp.reset_cause', label: 'Reset cause', type: 'string' },
    finRetransmission: { name: 'tcp.fin_retransmission', label: 'Retransmission of FIN from frame', type: 'framenum' },
    connectionSyn: { name: 'tcp.connection.syn', label: 'Connection establish request (SYN)', type: 'none' },
    connectionSynack: { name: 'tcp.connection.synack', label: 'Connection establish acknowledge (SYN+ACK)', type: 'none' },
    connectionFin: { name: 'tcp.connection.fin', label: 'Connection finish (FIN)', type: 'none' },
    connectionFinActive: { name: 'tcp.connection.fin_active', label: 'This frame initiates the connection closing', type: 'none' },
    connectionFinPassive: { name: 'tcp.connection.fin_passive', label: 'This frame undergoes the connection closing', type: 'none' },
    connectionRst: { name: 'tcp.connection.rst', label: 'Connection reset (RST)', type: 'none' },
    shortSegment: { name: 'tcp.short_segment', label: 'Short segment', type: 'none' },
    continuationTo: { name: 'tcp.continuation_to', label: 'This is a continuation to the PDU in frame', type: 'framenum' },
    analysis: { name: 'tcp.analysis', label: 'SEQ/ACK analysis', type: 'none', generated: true },
    analysisFlags: { name: 'tcp.analysis.flags', label: 'TCP Analysis Flags', type: 'none', generated: true },
    analysisAcksFrame: { name: 'tcp.analysis.acks_frame', label: 'This is an ACK to the segment in frame', type: 'framenum', generated: true },
    analysisAckRtt: { name: 'tcp.analysis.ack_rtt', label: 'The RTT to ACK the segment was', type: 'relative_time', generated: true },
    analysisInitialRtt: { name: 'tcp.analysis.initial_rtt', label: 'iRTT', type: 'relative_time', generated: true },
    analysisBytesInFlight: { name: 'tcp.analysis.bytes_in_flight', label: 'Bytes in flight', type: 'uint32', base: 'dec', generated: true },
    analysisPushBytesSent: { name: 'tcp.analysis.push_bytes_sent', label: 'Bytes sent since last PSH flag', type: 'uint32', base: 'dec', generated: true },
    analysisRto: { name: 'tcp.analysis.rto', label: 'The RTO for this segment was', type: 'relative_time', generated: true },
    analysisRtoFrame: { name: 'tcp.analysis.rto_frame', label: 'RTO based on delta from frame', type: 'framenum', generated: true },
    analysisDuplicateAck: { name: 'tcp.analysis.duplicate_ack', label: 'Duplicate ACK', type: 'none', generated: true },
    analysisDuplicateAckNum: { name: 'tcp.analysis.duplicate_ack_num', label: 'Duplicate ACK #', type: 'uint32', base: 'dec', generated: true },
    analysisDuplicateAckFrame: { name: 'tcp.analysis.duplicate_ack_frame', label: 'Duplicate to the ACK in frame', type: 'framenum', generated: true },
    analysisRetransmission: { name: 'tcp.analysis.retransmission', label: 'This frame is a (suspected) retransmission', type: 'none', generated: true },
    analysisFastRetransmission: {
      name: 'tcp.analysis.fast_retransmission',
      label: 'This frame is a (suspected) fast retransmission',
      type: 'none',
      generated: true,
    },
    analysisSpuriousRetransmission: {
      name: 'tcp.analysis.spurious_retransmission',
      label: 'This frame is a (suspected) spurious retransmission',
      type: 'none',
      generated: true,
    },
    analysisOutOfOrder: { name: 'tcp.analysis.out_of_order', label: 'This frame is a (suspected) out-of-order segment', type: 'none', generated: true },
    analysisLostSegment: {
      name: 'tcp.analysis.lost_segment',
      label: 'Previous segment(s) not captured (common at capture start)',
      type: 'none',
      generated: true,
    },
    analysisAckLostSegment: {
      name: 'tcp.analysis.ack_lost_segment',
      label: "ACKed segment that wasn't captured (common at capture start)",
      type: 'none',
      generated: true,
    },
    analysisKeepAlive: { name: 'tcp.analysis.keep_alive', label: 'TCP keep-alive segment', type: 'none', generated: true },
    analysisKeepAliveAck: { name: 'tcp.analysis.keep_alive_ack', label: 'ACK to a TCP keep-alive segment', type: 'none', generated: true },
    analysisZeroWindow: { name: 'tcp.analysis.zero_window', label: 'TCP Zero Window segment', type: 'none', generated: true },
    analysisZeroWindowProbe: { name: 'tcp.analysis.zero_window_probe', label: 'TCP Zero Window Probe', type: 'none', generated: true },
    analysisZeroWindowProbeAck: { name: 'tcp.analysis.zero_window_probe_ack', label: 'ACK to a TCP Zero Window Probe', type: 'none', generated: true },
    analysisWindowUpdate: { name: 'tcp.analysis.window_update', label: 'TCP window update', type: 'none', generated: true },
    analysisWindowFull: {
      name: 'tcp.analysis.window_full',
      label: 'TCP window specified by the receiver is now completely full',
      type: 'none',
      generated: true,
    },
    analysisReusedPorts: {
      name: 'tcp.analysis.reused_ports',
      label: 'A new tcp session is started with the same ports as an earlier session in this trace',
      type: 'none',
      generated: true,
    },
    analysisTfoSyn: { name: 'tcp.analysis.tfo_syn', label: 'TCP SYN with TFO Cookie', type: 'none', generated: true },
    urgentPointerNonZero: {
      name: 'tcp.urgent_pointer.non_zero',
      label: 'The urgent pointer field is nonzero while the URG flag is not set',
      type: 'none',
    },
    optionsMssPresent: { name: 'tcp.options.mss.present', label: 'The non-SYN packet does contain a MSS option', type: 'none' },
    optionsMssAbsent: { name: 'tcp.options.mss.absent', label: 'The SYN packet does not contain a MSS option', type: 'none' },
    ackNonzero: {
      name: 'tcp.ack.nonzero',
      label: 'The acknowledgment number field is nonzero while the ACK flag is not set',
      type: 'none',
    },
    bogusHeaderLength: { name: 'tcp.bogus_header_length', label: 'Bogus TCP Header length', type: 'none' },
    analysisTfoAck: { name: 'tcp.analysis.tfo_ack', label: 'TCP SYN-ACK accepting TFO data', type: 'none', generated: true },
  },
)

extendProtocol(TCP.protocol, processFields('tcp'))
