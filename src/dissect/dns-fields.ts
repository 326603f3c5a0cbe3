// Fields of DNS.
// Names, labels, types and value names are Wireshark's.

import { DNS_CLASSES, DNS_TYPES } from './dns-names.ts'
import { booleanNames, defineProtocol, type ProtocolFields } from './field.ts'

export const DNS: ProtocolFields<
  | 'id'
  | 'length'
  | 'flags'
  | 'flagsResponse'
  | 'flagsOpcode'
  | 'flagsAuthoritative'
  | 'flagsTruncated'
  | 'flagsRecdesired'
  | 'flagsRecavail'
  | 'flagsZ'
  | 'flagsAuthenticated'
  | 'flagsCheckdisable'
  | 'flagsRcode'
  | 'countQueries'
  | 'countAnswers'
  | 'countAuthRr'
  | 'countAddRr'
  | 'qryName'
  | 'qryNameLen'
  | 'countLabels'
  | 'qryType'
  | 'qryClass'
  | 'respName'
  | 'respType'
  | 'respClass'
  | 'respTtl'
  | 'respLen'
  | 'a'
  | 'aaaa'
  | 'cname'
  | 'ns'
  | 'ptrDomainName'
  | 'mxPreference'
  | 'mxMailExchange'
  | 'txt'
  | 'txtLength'
  | 'srvService'
  | 'srvProto'
  | 'srvName'
  | 'srvPriority'
  | 'srvWeight'
  | 'srvPort'
  | 'srvTarget'
  | 'soaMname'
  | 'soaRname'
  | 'soaSerialNumber'
  | 'soaRefreshInterval'
  | 'soaRetryInterval'
  | 'soaExpireLimit'
  | 'soaMinimumTtl'
  | 'data'
  | 'responseIn'
  | 'responseTo'
  | 'time'
  | 'retransmission'
  | 'retransmitRequest'
  | 'retransmitRequestIn'
  | 'retransmitResponse'
  | 'retransmitResponseIn'
> = defineProtocol(
  { name: 'dns', label: 'Domain Name System' },
  {
    id: { name: 'dns.id', label: 'Transaction ID', type: 'uint16', base: 'hex' },
    length: { name: 'dns.length', label: 'Length', type: 'uint16', base: 'dec' },
    flags: { name: 'dns.flags', label: 'Flags', type: 'uint16', base: 'hex' },
    flagsResponse: {
      name: 'dns.flags.response',
      label: 'Response',
      type: 'boolean',
      width: 16,
      mask: 0x8000,
      values: booleanNames('Message is a response', 'Message is a query'),
    },
    flagsOpcode: {
      name: 'dns.flags.opcode',
      label: 'Opcode',
      type: 'uint16',
      base: 'dec',
      mask: 0x7800,
      values: new Map([
        [0, 'Standard query'],
        [1, 'Inverse query'],
        [2, 'Server status request'],
        [4, 'Zone change notification'],
        [5, 'Dynamic update'],
        [6, 'DNS Stateful operations (DSO)'],
      ]),
    },
    flagsAuthoritative: {
      name: 'dns.flags.authoritative',
      label: 'Authoritative',
      type: 'boolean',
      width: 16,
      mask: 0x400,
      values: booleanNames('Server is an authority for domain', 'Server is not an authority for domain'),
    },
    flagsTruncated: {
      name: 'dns.flags.truncated',
      label: 'Truncated',
      type: 'boolean',
      width: 16,
      mask: 0x200,
      values: booleanNames('Message is truncated', 'Message is not truncated'),
    },
    flagsRecdesired: {
      name: 'dns.flags.recdesired',
      label: 'Recursion desired',
      type: 'boolean',
      width: 16,
      mask: 0x100,
      values: booleanNames('Do query recursively', "Don't do query recursively"),
    },
    flagsRecavail: {
      name: 'dns.flags.recavail',
      label: 'Recursion available',
      type: 'boolean',
      width: 16,
      mask: 0x80,
      values: booleanNames('Server can do recursive queries', "Server can't do recursive queries"),
    },
    flagsZ: { name: 'dns.flags.z', label: 'Z', type: 'boolean', width: 16, mask: 0x40, values: booleanNames('reserved - incorrect!', 'reserved (0)') },
    flagsAuthenticated: {
      name: 'dns.flags.authenticated',
      label: 'Answer authenticated',
      type: 'boolean',
      width: 16,
      mask: 0x20,
      values: booleanNames('Answer/authority portion was authenticated by the server', 'Answer/authority portion was not authenticated by the server'),
    },
    flagsCheckdisable: {
      name: 'dns.flags.checkdisable',
      label: 'Non-authenticated data',
      type: 'boolean',
      width: 16,
      mask: 0x10,
      values: booleanNames('Acceptable', 'Unacceptable'),
    },
    flagsRcode: {
      name: 'dns.flags.rcode',
      label: 'Reply code',
      type: 'uint16',
      base: 'dec',
      mask: 0xf,
      values: new Map([
        [0, 'No error'],
        [1, 'Format error'],
        [2, 'Server failure'],
        [3, 'No such name'],
        [4, 'Not implemented'],
        [5, 'Refused'],
        [6, 'Name exists'],
        [7, 'RRset exists'],
        [8, 'RRset does not exist'],
        [9, 'Not authoritative'],
        [10, 'Name out of zone'],
        [11, 'DSO-Type not implemented'],
        [16, 'Bad OPT Version or TSIG Signature Failure'],
        [17, 'Key not recognized'],
        [18, 'Signature out of time window'],
        [19, 'Bad TKEY Mode'],
        [20, 'Duplicate key name'],
        [21, 'Algorithm not supported'],
        [22, 'Bad Truncation'],
        [23, 'Bad/missing Server Cookie'],
      ]),
    },
    countQueries: { name: 'dns.count.queries', label: 'Questions', type: 'uint16', base: 'dec' },
    countAnswers: { name: 'dns.count.answers', label: 'Answer RRs', type: 'uint16', base: 'dec' },
    countAuthRr: { name: 'dns.count.auth_rr', label: 'Authority RRs', type: 'uint16', base: 'dec' },
    countAddRr: { name: 'dns.count.add_rr', label: 'Additional RRs', type: 'uint16', base: 'dec' },
    qryName: { name: 'dns.qry.name', label: 'Name', type: 'string' },
    qryNameLen: { name: 'dns.qry.name.len', label: 'Name Length', type: 'uint16', base: 'dec', generated: true },
    countLabels: { name: 'dns.count.labels', label: 'Label Count', type: 'uint16', base: 'dec', generated: true },
    qryType: { name: 'dns.qry.type', label: 'Type', type: 'uint16', base: 'dec', values: DNS_TYPES },
    qryClass: { name: 'dns.qry.class', label: 'Class', type: 'uint16', base: 'hex', values: DNS_CLASSES },
    respName: { name: 'dns.resp.name', label: 'Name', type: 'string' },
    respType: { name: 'dns.resp.type', label: 'Type', type: 'uint16', base: 'dec', values: DNS_TYPES },
    respClass: { name: 'dns.resp.class', label: 'Class', type: 'uint16', base: 'hex', values: DNS_CLASSES },
    respTtl: { name: 'dns.resp.ttl', label: 'Time to live', type: 'uint32', base: 'dec' },
    respLen: { name: 'dns.resp.len', label: 'Data length', type: 'uint16', base: 'dec' },
    a: { name: 'dns.a', label: 'Address', type: 'ipv4' },
    aaaa: { name: 'dns.aaaa', label: 'AAAA Address', type: 'ipv6' },
    cname: { name: 'dns.cname', label: 'CNAME', type: 'string' },
    ns: { name: 'dns.ns', label: 'Name Server', type: 'string' },
    ptrDomainName: { name: 'dns.ptr.domain_name', label: 'Domain Name', type: 'string' },
    mxPreference: { name: 'dns.mx.preference', label: 'Preference', type: 'uint16', base: 'dec' },
    mxMailExchange: { name: 'dns.mx.mail_exchange', label: 'Mail Exchange', type: 'string' },
    txt: { name: 'dns.txt', label: 'TXT', type: 'string' },
    txtLength: { name: 'dns.txt.length', label: 'TXT Length', type: 'uint8', base: 'dec' },
    srvService: { name: 'dns.srv.service', label: 'Service', type: 'string' },
    srvProto: { name: 'dns.srv.proto', label: 'Protocol', type: 'string' },
    srvName: { name: 'dns.srv.name', label: 'Name', type: 'string' },
    srvPriority: { name: 'dns.srv.priority', label: 'Priority', type: 'uint16', base: 'dec' },
    srvWeight: { name: 'dns.srv.weight', label: 'Weight', type: 'uint16', base: 'dec' },
    srvPort: { name: 'dns.srv.port', label: 'Port', type: 'uint16', base: 'dec' },
    srvTarget: { name: 'dns.srv.target', label: 'Target', type: 'string' },
    soaMname: { name: 'dns.soa.mname', label: 'Primary name server', type: 'string' },
    soaRname: { name: 'dns.soa.rname', label: "Responsible authority's mailbox", type: 'string' },
    soaSerialNumber: { name: 'dns.soa.serial_number', label: 'Serial Number', type: 'uint32', base: 'dec' },
    soaRefreshInterval: { name: 'dns.soa.refresh_interval', label: 'Refresh Interval', type: 'uint32', base: 'dec' },
    soaRetryInterval: { name: 'dns.soa.retry_interval', label: 'Retry Interval', type: 'uint32', base: 'dec' },
    soaExpireLimit: { name: 'dns.soa.expire_limit', label: 'Expire limit', type: 'uint32', base: 'dec' },
    soaMinimumTtl: { name: 'dns.soa.minimum_ttl', label: 'Minimum TTL', type: 'uint32', base: 'dec' },
    data: { name: 'dns.data', label: 'Data', type: 'bytes' },
    responseIn: { name: 'dns.response_in', label: 'Response In', type: 'framenum', generated: true },
    responseTo: { name: 'dns.response_to', label: 'Request In', type: 'framenum', generated: true },
    time: { name: 'dns.time', label: 'Time', type: 'relative_time', generated: true },
    retransmission: { name: 'dns.retransmission', label: 'Retransmission', type: 'boolean', generated: true },
    retransmitRequest: { name: 'dns.retransmit_request', label: 'DNS query retransmission', type: 'none' },
    retransmitRequestIn: { name: 'dns.retransmit_request_in', label: 'Retransmitted request. Original request in', type: 'framenum', generated: true },
    retransmitResponse: { name: 'dns.retransmit_response', label: 'DNS response retransmission', type: 'none', generated: true },
    retransmitResponseIn: { name: 'dns.retransmit_response_in', label: 'Retransmitted response. Original response in', type: 'framenum', generated: true },
  },
)
