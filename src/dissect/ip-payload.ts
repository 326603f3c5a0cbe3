// What an IP packet carries, by protocol number. ● hot
// The transports register themselves in protocols.ts, since they in turn carry IP packets (ICMP errors, tunnels).

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { addBoundsMark } from './expert.ts'

/** Hands the payload of an IP packet to its transport; `data` when nobody knows it. */
export function dissectIpPayload(context: DissectContext, protocol: number, source: number, start: number, length: number): void {
  if (start > context.rows.sources[source]!.length) {
    addBoundsMark(context, context.addressSize === 4 ? 'IPv4' : 'IPv6', source, start + 1, start + length)
    return
  }
  const transport = context.registry.ipProtocol(protocol)
  if (transport !== null && context.call(transport.name, transport.dissect, source, start, length) > 0) return
  if (transport === null && context.demand.columns && !context.inError)
    context.columns.setInfo(context.addressSize === 4 ? `Unknown (${protocol})` : `Unknown IP Protocol: Unknown (${protocol})`)
  addData(context, source, start, length)
}
