// Neighbours in captures that are known by name only: filters can ask for them or leave them out, nothing of theirs is read.
// Each is what its port or EtherType says it is.

import { defineProtocol } from './field.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'

interface PlainProtocol {
  readonly protocol: Protocol
  readonly ports: readonly number[]
}

function plain(name: string, label: string, column: string): Protocol {
  const { protocol } = defineProtocol({ name, label }, {})
  const dissect: Dissect = (context, source, start, length) => {
    const stored = Math.min(length, context.rows.sources[source]!.length - start)
    if (stored <= 0) return 0
    context.rows.add(protocol, source, start, stored, ROOT)
    if (context.demand.columns) {
      context.columns.setProtocol(column)
      context.columns.setInfo(label)
    }
    return length
  }
  return { name, dissect }
}

/** By UDP port. */
export const PLAIN_PROTOCOLS: readonly PlainProtocol[] = [
  { protocol: plain('ntp', 'Network Time Protocol', 'NTP'), ports: [123] },
  { protocol: plain('nbns', 'NetBIOS Name Service', 'NBNS'), ports: [137] },
  { protocol: plain('nbdgm', 'NetBIOS Datagram Service', 'NBDS'), ports: [138] },
  { protocol: plain('dhcpv6', 'DHCPv6', 'DHCPv6'), ports: [546, 547] },
]

/** By EtherType. */
export const PLAIN_ETHER_TYPES: ReadonlyMap<number, Protocol> = new Map([
  [0x888e, plain('eapol', '802.1X Authentication', 'EAPOL')],
  [0x88cc, plain('lldp', 'Link Layer Discovery Protocol', 'LLDP')],
])
