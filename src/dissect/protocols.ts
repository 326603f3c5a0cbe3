// The protocols and their ports, as Wireshark has them by default.
// One line per protocol; what stands behind it is in the protocol's own file.

import { COAP_PROTOCOL, COAP_TCP_PROTOCOL } from './coap.ts'
import { DHCP_PROTOCOL } from './dhcp.ts'
import { DNS_PROTOCOL, LLMNR_PROTOCOL, MDNS_PROTOCOL } from './dns.ts'
import { HTTP_HEURISTIC, HTTP_PROTOCOL, SSDP_PROTOCOL } from './http.ts'
import { dissectIcmp } from './icmp.ts'
import { dissectIcmpv6 } from './icmpv6.ts'
import { dissectIgmp } from './igmp.ts'
import { dissectIp } from './ip.ts'
import { dissectIpv6 } from './ipv6.ts'
import { JSON_PROTOCOL } from './json.ts'
import { MQTT_PROTOCOL } from './mqtt.ts'
import { MQTT_SN_PROTOCOL } from './mqtt-sn.ts'
import { PLAIN_PROTOCOLS } from './plain-protocols.ts'
import { type Protocol, Registry } from './registry.ts'
import { dissectTcp } from './tcp.ts'
import { TLS_HEURISTIC, TLS_PROTOCOL } from './tls.ts'
import { dissectUdp } from './udp.ts'
import { WEBSOCKET_PROTOCOL } from './websocket.ts'

/** Ports whose applications Wireshark expects in TLS. */
const TLS_PORTS: readonly number[] = [261, 443, 448, 465, 563, 614, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5684, 8883, 8443]

const IP_PROTOCOL: Protocol = { name: 'ip', dissect: dissectIp }
const IPV6_PROTOCOL: Protocol = { name: 'ipv6', dissect: dissectIpv6 }

/** All protocols above the network on their default numbers and ports. */
export function defaultProtocols(): Registry {
  const registry = new Registry()
  registry.addTransport(1, { name: 'icmp', dissect: dissectIcmp })
  registry.addTransport(2, { name: 'igmp', dissect: dissectIgmp })
  registry.addTransport(4, IP_PROTOCOL)
  registry.addTransport(6, { name: 'tcp', dissect: dissectTcp })
  registry.addTransport(17, { name: 'udp', dissect: dissectUdp })
  registry.addTransport(41, IPV6_PROTOCOL)
  registry.addTransport(58, { name: 'icmpv6', dissect: dissectIcmpv6 })
  registry.add(IP_PROTOCOL)
  registry.add(IPV6_PROTOCOL)
  registry.add(MQTT_PROTOCOL, { 'tcp.port': [1883], 'tls.port': [8883] })
  registry.add(MQTT_SN_PROTOCOL)
  registry.add(DNS_PROTOCOL, { 'tcp.port': [53], 'udp.port': [53] })
  registry.add(DHCP_PROTOCOL, { 'udp.port': [67, 68] })
  registry.add(MDNS_PROTOCOL, { 'udp.port': [5353] })
  registry.add(LLMNR_PROTOCOL, { 'udp.port': [5355] })
  registry.add(HTTP_PROTOCOL, { 'tcp.port': [80, 3128, 3132, 5985, 8080, 8088, 11371, 1900, 2869, 2710], 'tls.port': [443] })
  registry.add(SSDP_PROTOCOL, { 'udp.port': [1900] })
  for (const { protocol, ports } of PLAIN_PROTOCOLS) registry.add(protocol, { 'udp.port': ports })
  registry.add(COAP_PROTOCOL, { 'udp.port': [5683] })
  registry.add(COAP_TCP_PROTOCOL, { 'tcp.port': [5683], 'tls.port': [5684] })
  registry.add(COAP_PROTOCOL)
  registry.add(JSON_PROTOCOL)
  registry.add(WEBSOCKET_PROTOCOL)
  registry.add(TLS_PROTOCOL, { 'tcp.port': TLS_PORTS })
  registry.tcpHeuristics.push(TLS_HEURISTIC, HTTP_HEURISTIC)
  return registry
}
