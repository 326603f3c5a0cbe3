// Who dissects the payload of a TCP segment: what the conversation was turned into, the server's port, the lower port, the higher port,
// heuristics, nobody. ● hot

import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import type { Protocol } from './registry.ts'
import type { TcpStream } from './tcp-streams.ts'

/** Hands payload to its application; always someone takes it. */
export function dispatchPayload(context: DissectContext, stream: TcpStream, source: number, start: number, length: number): void {
  const { registry, conversation, sourcePort, destinationPort } = context
  const chosen = conversation?.protocol ?? null
  if (chosen !== null && take(context, chosen, source, start, length)) return
  const server = stream.serverPort < 0 ? null : registry.port('tcp.port', stream.serverPort)
  if (server !== null && take(context, server, source, start, length)) return
  const low = registry.port('tcp.port', Math.min(sourcePort, destinationPort))
  if (low !== null && low !== server && take(context, low, source, start, length)) return
  const high = registry.port('tcp.port', Math.max(sourcePort, destinationPort))
  if (high !== null && high !== server && take(context, high, source, start, length)) return
  const bytes = context.rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  for (const protocol of registry.tcpHeuristics)
    if (protocol.recognises?.(bytes, start, end) === true && take(context, protocol, source, start, length)) {
      if (conversation !== null) conversation.protocol = protocol
      return
    }
  if (context.auto)
    for (const protocol of registry.recognisable)
      if (protocol.recognises!(bytes, start, end) && take(context, protocol, source, start, length)) {
        if (conversation !== null) conversation.protocol = protocol
        return
      }
  addData(context, source, start, length)
}

function take(context: DissectContext, protocol: Protocol, source: number, start: number, length: number): boolean {
  return context.call(protocol.name, protocol.dissect, source, start, length) > 0
}
