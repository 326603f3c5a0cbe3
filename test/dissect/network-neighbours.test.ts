// What surrounds IoT traffic: names, neighbours, listeners, addresses given out. The values are those that tshark 4.0 shows of the same packets.

import { expect, test } from 'vitest'
import { HOME_NETWORK } from '../support/home-network.ts'
import { everything, frameOf, valuesOf } from './dissecting.ts'

/** Values of fields in one frame of a kind of traffic; all frames before it are seen, too. */
function values(kind: string, frame: number, ...names: string[]): unknown[][] {
  const dissector = everything()
  const frames = HOME_NETWORK.find(([name]) => name === kind)![1]()
  for (let i = 0; i < frame - 1; i++) dissector.dissect(frameOf(Uint8Array.from(frames[i]!), i + 1))
  const packet = dissector.dissect(frameOf(Uint8Array.from(frames[frame - 1]!), frame))
  return names.map((name) => valuesOf(packet, name))
}

test('an answer of the name service is joined with its question, options and all', () => {
  expect(values('names', 2, 'dns.qry.name', 'dns.cname', 'dns.resp.type', 'dns.response_to')).toEqual([
    ['broker.hivemq.com'],
    ['lb.hivemq.com'],
    [5, 1, 1],
    [1],
  ])
  expect(values('names', 6, 'dns.svcb.svcparam.alpn', 'dns.svcb.svcparam.port', 'dns.svcb.targetname')).toEqual([['h2', 'h3'], [443], ['<Root>']])
  expect(values('names', 10, 'dns.srv.service', 'dns.srv.name', 'dns.srv.port', 'dns.resp.name')).toEqual([
    ['_mqtt'],
    ['example.org'],
    [1883],
    ['mq.example.org'],
  ])
  expect(values('names', 4, 'dns.opt.code', 'dns.rr.udp_payload_size')).toEqual([[10], [1232]])
})

test('multicast names are no plain DNS, but have its fields; the highest bit of a class is a flag', () => {
  expect(values('multicast names', 1, 'mdns', 'dns', 'dns.qry.class', 'dns.qry.qu').map((list) => list.length)).toEqual([1, 0, 2, 2])
  expect(values('multicast names', 1, 'dns.qry.class', 'dns.qry.qu')).toEqual([
    [1, 1],
    [0, 1],
  ])
  expect(values('multicast names', 2, 'dns.resp.cache_flush', 'dns.txt')).toEqual([
    [0, 1, 1, 1, 1, 1, 0],
    ['version=5', 'tls=off'],
  ])
  expect(values('multicast names', 9, 'dns.unsolicited', 'dns.a')).toEqual([[1], [0xc0a80101]])
})

test('neighbour discovery: flags, options, a wrong check sum', () => {
  expect(values('neighbours', 3, 'icmpv6.nd.na.flag.s', 'icmpv6.nd.na.flag.r', 'icmpv6.checksum.status')).toEqual([[1], [0], [1]])
  expect(values('neighbours', 7, 'icmpv6.opt.type', 'icmpv6.opt.mtu', 'icmpv6.opt.dnssl')).toEqual([
    [1, 5, 3, 25, 31, 24, 24, 7, 26, 38, 200],
    [1500],
    ['home.example'],
  ])
  expect(values('neighbours', 10, 'icmpv6.invalid_option_length').flat().length).toBe(1)
  expect(values('errors', 10, 'icmpv6.checksum.status')).toEqual([[0]])
  expect(values('errors', 7, 'icmpv6.resp_to', 'icmpv6.resptime')).toEqual([[6], [10]])
})

test('listeners of both versions of IP: long times are small floating-point numbers', () => {
  expect(values('listeners', 3, 'icmpv6.mld.maximum_response_code', 'icmpv6.mld.qqi', 'icmpv6.mld.nb_sources')).toEqual([[35_096], [168], [2]])
  expect(values('listeners', 1, 'ipv6.opt.type', 'ipv6.opt.router_alert')).toEqual([[5, 1], [0]])
  expect(values('options', 17, 'igmp.version', 'igmp.max_resp', 'ip.opt.ra').map(String)).toEqual(['1', '', ''])
  expect(values('options', 18, 'igmp.version', 'igmp.max_resp', 'ip.opt.ra')).toEqual([[3], [208], [0]])
})

test('DHCP: options by name, the end of them, and its lack', () => {
  expect(values('dhcp', 1, 'dhcp.option.type', 'dhcp.option.hostname', 'dhcp.option.dhcp')).toEqual([[53, 61, 12, 57, 60, 55, 0], ['esp32'], [1]])
  expect(values('dhcp', 2, 'dhcp.option.domain_name_server', 'dhcp.option.ip_address_lease_time')).toEqual([[0xc0a80101, 0x08080808], [86_400]])
  expect(values('dhcp', 8, 'dhcp.end_option_missing').flat().length).toBe(1)
})

test('discovery of devices is HTTP under another name', () => {
  expect(values('discovery', 1, 'ssdp', 'http', 'http.request.method', 'http.request.full_uri').slice(2)).toEqual([
    ['M-SEARCH'],
    ['http://239.255.255.250:1900*'],
  ])
  expect(values('discovery', 2, 'http.notification', 'http.unknown_header').map((list) => list.length)).toEqual([1, 2])
})
