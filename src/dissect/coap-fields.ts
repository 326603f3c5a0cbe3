// Fields of CoAP, by Wireshark's names.
// Codes, options and formats are in wire/coap.

import { CODE_NAMES } from '../wire/coap/codes.ts'
import { defineProtocol, type ProtocolFields } from './field.ts'

export const TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'Confirmable'],
  [1, 'Non-Confirmable'],
  [2, 'Acknowledgement'],
  [3, 'Reset'],
])

const OBSERVE: ReadonlyMap<number, string> = new Map([
  [0, 'Register'],
  [1, 'Deregister'],
])

export const COAP: ProtocolFields<
  | 'length'
  | 'version'
  | 'type'
  | 'tokenLen'
  | 'token'
  | 'mid'
  | 'responseIn'
  | 'responseTo'
  | 'responseTime'
  | 'requestFirstIn'
  | 'responseFirstIn'
  | 'oscoreKid'
  | 'oscoreKidContext'
  | 'oscorePiv'
  | 'blockPayload'
  | 'blockLength'
  | 'blocks'
  | 'block'
  | 'blockOverlap'
  | 'blockOverlapConflicts'
  | 'blockMultipleTails'
  | 'blockTooLong'
  | 'blockError'
  | 'blockCount'
  | 'blockReassembledIn'
  | 'blockReassembledLength'
  | 'code'
  | 'payload'
  | 'payloadDesc'
  | 'payloadLength'
  | 'optName'
  | 'optDesc'
  | 'optDelta'
  | 'optDeltaExt'
  | 'optLength'
  | 'optLengthExt'
  | 'optEndMarker'
  | 'optCtype'
  | 'optMaxAge'
  | 'optProxyUri'
  | 'optProxyScheme'
  | 'optSize1'
  | 'optEtag'
  | 'optUriHost'
  | 'optLocationPath'
  | 'optUriPort'
  | 'optLocationQuery'
  | 'optObjectSecurityReserved'
  | 'optObjectSecurityKidContextPresent'
  | 'optObjectSecurityKidPresent'
  | 'optObjectSecurityPivLen'
  | 'optObjectSecurityPiv'
  | 'optObjectSecurityKidContextLen'
  | 'optObjectSecurityKidContext'
  | 'optObjectSecurityKid'
  | 'optUriPath'
  | 'optUriPathRecon'
  | 'optObserve'
  | 'optHopLimit'
  | 'optAccept'
  | 'optIfMatch'
  | 'optBlockNumber'
  | 'optBlockMflag'
  | 'optBlockSize'
  | 'optUriQuery'
  | 'optUnknown'
  | 'retransmitted'
  | 'unknownOptionNumber'
  | 'invalidOptionNumber'
  | 'invalidOptionRange'
  | 'optionLengthBad'
  | 'optionOscoreBad'
> = defineProtocol(
  { name: 'coap', label: 'Constrained Application Protocol' },
  {
    length: { name: 'coap.length', label: 'Length', type: 'uint32', base: 'dec' },
    version: { name: 'coap.version', label: 'Version', type: 'uint8', base: 'dec', mask: 0xc0 },
    type: { name: 'coap.type', label: 'Type', type: 'uint8', base: 'dec', mask: 0x30, values: TYPES },
    tokenLen: { name: 'coap.token_len', label: 'Token Length', type: 'uint8', base: 'dec', mask: 0xf },
    token: { name: 'coap.token', label: 'Token', type: 'bytes' },
    mid: { name: 'coap.mid', label: 'Message ID', type: 'uint16', base: 'dec' },
    responseIn: { name: 'coap.response_in', label: 'Response In', type: 'framenum', generated: true },
    responseTo: { name: 'coap.response_to', label: 'Request In', type: 'framenum', generated: true },
    responseTime: { name: 'coap.response_time', label: 'Response Time', type: 'relative_time', generated: true },
    requestFirstIn: { name: 'coap.request_first_in', label: 'Retransmission of request in', type: 'framenum', generated: true },
    responseFirstIn: { name: 'coap.response_first_in', label: 'Retransmission of response in', type: 'framenum', generated: true },
    oscoreKid: { name: 'coap.oscore_kid', label: 'OSCORE Key ID', type: 'bytes', generated: true },
    oscoreKidContext: { name: 'coap.oscore_kid_context', label: 'OSCORE Key ID Context', type: 'bytes', generated: true },
    oscorePiv: { name: 'coap.oscore_piv', label: 'OSCORE Partial IV', type: 'bytes', generated: true },
    blockPayload: { name: 'coap.block_payload', label: 'Block Payload', type: 'bytes' },
    blockLength: { name: 'coap.block_length', label: 'Block Length', type: 'uint32', base: 'dec', generated: true },
    blocks: { name: 'coap.blocks', label: 'Blocks', type: 'none', generated: true },
    block: { name: 'coap.block', label: 'Block', type: 'framenum', generated: true },
    blockOverlap: { name: 'coap.block.overlap', label: 'Block overlap', type: 'boolean', generated: true },
    blockOverlapConflicts: { name: 'coap.block.overlap.conflicts', label: 'Block overlapping with conflicting data', type: 'boolean', generated: true },
    blockMultipleTails: { name: 'coap.block.multiple_tails', label: 'Block has multiple tails', type: 'boolean', generated: true },
    blockTooLong: { name: 'coap.block.too_long', label: 'Block too long', type: 'boolean', generated: true },
    blockError: { name: 'coap.block.error', label: 'Block defragmentation error', type: 'framenum', generated: true },
    blockCount: { name: 'coap.block.count', label: 'Block count', type: 'uint32', base: 'dec', generated: true },
    blockReassembledIn: { name: 'coap.block.reassembled.in', label: 'Reassembled in', type: 'framenum', generated: true },
    blockReassembledLength: { name: 'coap.block.reassembled.length', label: 'Reassembled block length', type: 'uint32', base: 'dec', generated: true },
    code: { name: 'coap.code', label: 'Code', type: 'uint8', base: 'dec', values: CODE_NAMES },
    payload: { name: 'coap.payload', label: 'Payload', type: 'string' },
    payloadDesc: { name: 'coap.payload_desc', label: 'Payload Desc', type: 'string' },
    payloadLength: { name: 'coap.payload_length', label: 'Payload Length', type: 'uint32', base: 'dec', generated: true },
    optName: { name: 'coap.opt.name', label: 'Opt Name', type: 'string' },
    optDesc: { name: 'coap.opt.desc', label: 'Opt Desc', type: 'string' },
    optDelta: { name: 'coap.opt.delta', label: 'Opt Delta', type: 'uint8', base: 'dec', mask: 0xf0 },
    optDeltaExt: { name: 'coap.opt.delta_ext', label: 'Opt Delta extended', type: 'uint16', base: 'dec' },
    optLength: { name: 'coap.opt.length', label: 'Opt Length', type: 'uint8', base: 'dec', mask: 0xf },
    optLengthExt: { name: 'coap.opt.length_ext', label: 'Opt Length extended', type: 'uint16', base: 'dec' },
    optEndMarker: { name: 'coap.opt.end_marker', label: 'End of options marker', type: 'uint8', base: 'dec' },
    optCtype: { name: 'coap.opt.ctype', label: 'Content-type', type: 'string' },
    optMaxAge: { name: 'coap.opt.max_age', label: 'Max-age', type: 'uint32', base: 'dec' },
    optProxyUri: { name: 'coap.opt.proxy_uri', label: 'Proxy-Uri', type: 'string' },
    optProxyScheme: { name: 'coap.opt.proxy_scheme', label: 'Proxy-Scheme', type: 'string' },
    optSize1: { name: 'coap.opt.size1', label: 'Size1', type: 'uint32', base: 'dec' },
    optEtag: { name: 'coap.opt.etag', label: 'Etag', type: 'bytes' },
    optUriHost: { name: 'coap.opt.uri_host', label: 'Uri-Host', type: 'string' },
    optLocationPath: { name: 'coap.opt.location_path', label: 'Location-Path', type: 'string' },
    optUriPort: { name: 'coap.opt.uri_port', label: 'Uri-Port', type: 'uint16', base: 'dec' },
    optLocationQuery: { name: 'coap.opt.location_query', label: 'Location-Query', type: 'string' },
    optObjectSecurityReserved: { name: 'coap.opt.object_security_reserved', label: 'Reserved', type: 'boolean', mask: 0xe0, width: 8 },
    optObjectSecurityKidContextPresent: {
      name: 'coap.opt.object_security_kid_context_present',
      label: 'Key ID Context Present',
      type: 'boolean',
      mask: 0x10,
      width: 8,
    },
    optObjectSecurityKidPresent: { name: 'coap.opt.object_security_kid_present', label: 'Key ID Present', type: 'boolean', mask: 0x8, width: 8 },
    optObjectSecurityPivLen: { name: 'coap.opt.object_security_piv_len', label: 'Partial IV Length', type: 'uint8', base: 'dec', mask: 0x7 },
    optObjectSecurityPiv: { name: 'coap.opt.object_security_piv', label: 'Partial IV', type: 'bytes' },
    optObjectSecurityKidContextLen: { name: 'coap.opt.object_security_kid_context_len', label: 'Key ID Context Length', type: 'uint8', base: 'dec' },
    optObjectSecurityKidContext: { name: 'coap.opt.object_security_kid_context', label: 'Key ID Context', type: 'bytes' },
    optObjectSecurityKid: { name: 'coap.opt.object_security_kid', label: 'Key ID', type: 'bytes' },
    optUriPath: { name: 'coap.opt.uri_path', label: 'Uri-Path', type: 'string' },
    optUriPathRecon: { name: 'coap.opt.uri_path_recon', label: 'Uri-Path', type: 'string', generated: true },
    optObserve: { name: 'coap.opt.observe', label: 'Observe', type: 'uint32', base: 'dec', values: OBSERVE },
    optHopLimit: { name: 'coap.opt.hop_limit', label: 'Hop Limit', type: 'uint8', base: 'dec' },
    optAccept: { name: 'coap.opt.accept', label: 'Accept', type: 'string' },
    optIfMatch: { name: 'coap.opt.if_match', label: 'If-Match', type: 'bytes' },
    optBlockNumber: { name: 'coap.opt.block_number', label: 'Block Number', type: 'uint32', base: 'dec' },
    optBlockMflag: { name: 'coap.opt.block_mflag', label: 'More Flag', type: 'uint8', base: 'dec', mask: 0x8 },
    optBlockSize: { name: 'coap.opt.block_size', label: 'Encoded Block Size', type: 'uint8', base: 'dec', mask: 0x7, hidesBits: true },
    optUriQuery: { name: 'coap.opt.uri_query', label: 'Uri-Query', type: 'string' },
    optUnknown: { name: 'coap.opt.unknown', label: 'Unknown', type: 'bytes' },
    retransmitted: { name: 'coap.retransmitted', label: 'Retransmitted', type: 'none', generated: true },
    unknownOptionNumber: { name: 'coap.unknown_option_number', label: 'Unknown Option Number', type: 'none', generated: true },
    invalidOptionNumber: { name: 'coap.invalid_option_number', label: 'Invalid Option Number', type: 'none', generated: true },
    invalidOptionRange: { name: 'coap.invalid_option_range', label: 'Invalid Option Range', type: 'none', generated: true },
    optionLengthBad: { name: 'coap.option_length_bad', label: 'Option length bad', type: 'none', generated: true },
    optionOscoreBad: { name: 'coap.option_oscore_bad', label: 'Invalid OSCORE Option Format', type: 'none', generated: true },
  },
)
