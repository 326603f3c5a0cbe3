// Fields of the options of DNS (OPT records) and of the parameters of services (SVCB and HTTPS records).
// Names, labels, types and value names are Wireshark's.

import { DNS } from './dns-fields.ts'
import { DNS_ALGORITHMS, DNS_DIGESTS, DNS_NSEC3_HASHES, DNS_OPTIONS, DNS_SERVICE_KEYS } from './dns-values.ts'
import { extendProtocol } from './field.ts'

/** [RFC 8914] */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [0, 'Other'],
  [1, 'Unsupported DNSKEY Algorithm'],
  [2, 'Unsupported DS Digest Type'],
  [3, 'Stale Answer'],
  [4, 'Forged Answer'],
  [5, 'DNSSEC Indeterminate'],
  [6, 'DNSSEC Bogus'],
  [7, 'Signature Expired'],
  [8, 'Signature Not Yet Valid'],
  [9, 'DNSKEY Missing'],
  [10, 'RRSIGs Missing'],
  [11, 'No Zone Key Bit Set'],
  [12, 'NSEC Missing'],
  [13, 'Cached Error'],
  [14, 'Not Ready'],
  [15, 'Blocked'],
  [16, 'Censored'],
  [17, 'Filtered'],
  [18, 'Prohibited'],
  [19, 'Stale NXDOMAIN Answer'],
  [20, 'Not Authoritative'],
  [21, 'Not Supported'],
  [22, 'No Reachable Authority'],
  [23, 'Network Error'],
  [24, 'Invalid Data'],
])

export const DNS_OPTION: Readonly<
  Record<
    | 'svcbSvcpriority'
    | 'svcbTargetname'
    | 'svcbSvcparam'
    | 'svcbSvcparamKey'
    | 'svcbSvcparamValueLength'
    | 'svcbSvcparamValue'
    | 'svcbSvcparamMandatoryKey'
    | 'svcbSvcparamAlpnLength'
    | 'svcbSvcparamAlpn'
    | 'svcbSvcparamPort'
    | 'svcbSvcparamIpv4hintIp'
    | 'svcbSvcparamIpv6hintIp'
    | 'svcbSvcparamEchconfig'
    | 'svcbSvcparamOdohconfig'
    | 'opt'
    | 'optCode'
    | 'optLen'
    | 'optData'
    | 'optDau'
    | 'optDhu'
    | 'optN3u'
    | 'optClientFamily'
    | 'optClientNetmask'
    | 'optClientScope'
    | 'optClientAddr'
    | 'optClientAddr4'
    | 'optClientAddr6'
    | 'optCookieClient'
    | 'optCookieServer'
    | 'optEdnsTcpKeepaliveTimeout'
    | 'optPadding'
    | 'optChainFqdn'
    | 'optExtErrorInfoCode'
    | 'optExtErrorExtraText',
    number
  >
> = extendProtocol(DNS.protocol, {
  svcbSvcpriority: { name: 'dns.svcb.svcpriority', label: 'SvcPriority', type: 'uint16', base: 'dec' },
  svcbTargetname: { name: 'dns.svcb.targetname', label: 'TargetName', type: 'string' },
  svcbSvcparam: { name: 'dns.svcb.svcparam', label: 'SvcParam', type: 'none' },
  svcbSvcparamKey: {
    name: 'dns.svcb.svcparam.key',
    label: 'SvcParamKey',
    type: 'uint16',
    base: 'dec',
    values: DNS_SERVICE_KEYS,
  },
  svcbSvcparamValueLength: { name: 'dns.svcb.svcparam.value.length', label: 'SvcParamValue length', type: 'uint16', base: 'dec' },
  svcbSvcparamValue: { name: 'dns.svcb.svcparam.value', label: 'SvcParamValue', type: 'bytes' },
  svcbSvcparamMandatoryKey: {
    name: 'dns.svcb.svcparam.mandatory.key',
    label: 'Mandatory key',
    type: 'uint16',
    base: 'dec',
    values: DNS_SERVICE_KEYS,
  },
  svcbSvcparamAlpnLength: { name: 'dns.svcb.svcparam.alpn.length', label: 'ALPN length', type: 'uint8', base: 'dec' },
  svcbSvcparamAlpn: { name: 'dns.svcb.svcparam.alpn', label: 'ALPN', type: 'string' },
  svcbSvcparamPort: { name: 'dns.svcb.svcparam.port', label: 'Port', type: 'uint16', base: 'dec' },
  svcbSvcparamIpv4hintIp: { name: 'dns.svcb.svcparam.ipv4hint.ip', label: 'IP', type: 'ipv4' },
  svcbSvcparamIpv6hintIp: { name: 'dns.svcb.svcparam.ipv6hint.ip', label: 'IP', type: 'ipv6' },
  svcbSvcparamEchconfig: { name: 'dns.svcb.svcparam.echconfig', label: 'ECHConfig', type: 'bytes' },
  svcbSvcparamOdohconfig: { name: 'dns.svcb.svcparam.odohconfig', label: 'ODoHConfig', type: 'bytes' },
  opt: { name: 'dns.opt', label: 'Option', type: 'none' },
  optCode: {
    name: 'dns.opt.code',
    label: 'Option Code',
    type: 'uint16',
    base: 'dec',
    values: DNS_OPTIONS,
  },
  optLen: { name: 'dns.opt.len', label: 'Option Length', type: 'uint16', base: 'dec' },
  optData: { name: 'dns.opt.data', label: 'Option Data', type: 'bytes' },
  optDau: {
    name: 'dns.opt.dau',
    label: 'DAU',
    type: 'uint8',
    base: 'dec',
    values: DNS_ALGORITHMS,
  },
  optDhu: {
    name: 'dns.opt.dhu',
    label: 'DHU',
    type: 'uint8',
    base: 'dec',
    values: DNS_DIGESTS,
  },
  optN3u: {
    name: 'dns.opt.n3u',
    label: 'N3U',
    type: 'uint8',
    base: 'dec',
    values: DNS_NSEC3_HASHES,
  },
  optClientFamily: {
    name: 'dns.opt.client.family',
    label: 'Family',
    type: 'uint16',
    base: 'dec',
    values: new Map([
      [1, 'IPv4'],
      [2, 'IPv6'],
    ]),
  },
  optClientNetmask: { name: 'dns.opt.client.netmask', label: 'Source Netmask', type: 'uint8', base: 'dec' },
  optClientScope: { name: 'dns.opt.client.scope', label: 'Scope Netmask', type: 'uint8', base: 'dec' },
  optClientAddr: { name: 'dns.opt.client.addr', label: 'Client Subnet', type: 'bytes' },
  optClientAddr4: { name: 'dns.opt.client.addr4', label: 'Client Subnet', type: 'ipv4' },
  optClientAddr6: { name: 'dns.opt.client.addr6', label: 'Client Subnet', type: 'ipv6' },
  optCookieClient: { name: 'dns.opt.cookie.client', label: 'Client Cookie', type: 'bytes' },
  optCookieServer: { name: 'dns.opt.cookie.server', label: 'Server Cookie', type: 'bytes' },
  optEdnsTcpKeepaliveTimeout: { name: 'dns.opt.edns_tcp_keepalive.timeout', label: 'Timeout', type: 'uint16', base: 'dec' },
  optPadding: { name: 'dns.opt.padding', label: 'Padding', type: 'bytes' },
  optChainFqdn: { name: 'dns.opt.chain.fqdn', label: 'Closest Trust Point', type: 'string' },
  optExtErrorInfoCode: { name: 'dns.opt.ext_error.info_code', label: 'Info Code', type: 'uint16', base: 'dec', values: ERRORS },
  optExtErrorExtraText: { name: 'dns.opt.ext_error.extra_text', label: 'Extra Text', type: 'string' },
})
