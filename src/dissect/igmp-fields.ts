// Fields of IGMP.
// Names, labels, types and value names are Wireshark's.

import { booleanNames, defineProtocol, type ProtocolFields } from './field.ts'

export const IGMP: ProtocolFields<
  | 'version'
  | 'type'
  | 'reserved'
  | 'maxResp'
  | 'maxRespExp'
  | 'maxRespMant'
  | 'checksum'
  | 'checksumStatus'
  | 'badChecksum'
  | 'maddr'
  | 's'
  | 'qrv'
  | 'qqic'
  | 'numSrc'
  | 'saddr'
  | 'numGrpRecs'
  | 'recordType'
  | 'auxDataLen'
  | 'auxData'
  | 'data'
> = defineProtocol(
  { name: 'igmp', label: 'Internet Group Management Protocol' },
  {
    version: { name: 'igmp.version', label: 'IGMP Version', type: 'uint8', base: 'dec', generated: true },
    type: {
      name: 'igmp.type',
      label: 'Type',
      type: 'uint8',
      base: 'hex',
      values: new Map([
        [1, 'Create Group Request'],
        [2, 'Create Group Reply'],
        [3, 'Join Group Request'],
        [4, 'Join Group Reply'],
        [5, 'Leave Group Request'],
        [6, 'Leave Group Reply'],
        [7, 'Confirm Group Request'],
        [8, 'Confirm Group Reply'],
        [17, 'Membership Query'],
        [18, 'Membership Report'],
        [19, 'DVMRP Protocol'],
        [20, 'PIM Routing Message'],
        [22, 'Membership Report'],
        [23, 'Leave Group'],
        [30, 'Traceroute Response'],
        [31, 'Traceroute Query or Request'],
        [34, 'Membership Report'],
      ]),
    },
    reserved: { name: 'igmp.reserved', label: 'Reserved', type: 'bytes' },
    maxResp: { name: 'igmp.max_resp', label: 'Max Resp Time', type: 'uint8', base: 'dec' },
    maxRespExp: { name: 'igmp.max_resp.exp', label: 'Exponent', type: 'uint8', base: 'hex', mask: 0x70 },
    maxRespMant: { name: 'igmp.max_resp.mant', label: 'Mantissa', type: 'uint8', base: 'hex', mask: 0xf },
    checksum: { name: 'igmp.checksum', label: 'Checksum', type: 'uint16', base: 'hex' },
    checksumStatus: {
      name: 'igmp.checksum.status',
      label: 'Checksum Status',
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
    badChecksum: { name: 'igmp.bad_checksum', label: 'Bad checksum', type: 'none' },
    maddr: { name: 'igmp.maddr', label: 'Multicast Address', type: 'ipv4' },
    s: {
      name: 'igmp.s',
      label: 'S',
      type: 'boolean',
      width: 8,
      mask: 0x8,
      values: booleanNames('SUPPRESS router side processing', 'Do not suppress router side processing'),
    },
    qrv: { name: 'igmp.qrv', label: 'QRV', type: 'uint8', base: 'dec', mask: 0x7 },
    qqic: { name: 'igmp.qqic', label: 'QQIC', type: 'uint8', base: 'dec' },
    numSrc: { name: 'igmp.num_src', label: 'Num Src', type: 'uint16', base: 'dec' },
    saddr: { name: 'igmp.saddr', label: 'Source Address', type: 'ipv4' },
    numGrpRecs: { name: 'igmp.num_grp_recs', label: 'Num Group Records', type: 'uint16', base: 'dec' },
    recordType: {
      name: 'igmp.record_type',
      label: 'Record Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'Mode Is Include'],
        [2, 'Mode Is Exclude'],
        [3, 'Change To Include Mode'],
        [4, 'Change To Exclude Mode'],
        [5, 'Allow New Sources'],
        [6, 'Block Old Sources'],
      ]),
    },
    auxDataLen: { name: 'igmp.aux_data_len', label: 'Aux Data Len', type: 'uint8', base: 'dec' },
    auxData: { name: 'igmp.aux_data', label: 'Aux Data', type: 'bytes' },
    data: { name: 'igmp.data', label: 'Data', type: 'bytes' },
  },
)
