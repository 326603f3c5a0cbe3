// Cuts a byte stream into the messages of a protocol with lengths in their heads: MQTT, DNS and CoAP over TCP. ● hot
// Asks for more bytes when a message is not complete; works the same over TCP, TLS and WebSocket.

import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import { addBoundsMark, addMalformed } from './expert.ts'
import { TCP } from './tcp-fields.ts'

export interface StreamMessages {
  /** The protocol as the Protocol column shows it. */
  readonly label: string
  /** Bytes needed before `messageLength` may be asked. */
  readonly headLength: number
  /** Length of the whole message at `start`; 0 = more than `available` bytes are needed to know. */
  readonly messageLength: (bytes: Uint8Array, start: number, available: number) => number
  /** One message; `length` bytes are reported, fewer may be there in a cut frame. */
  readonly dissect: (context: DissectContext, source: number, start: number, length: number) => void
}

/** Returns the bytes taken, always all: what remains is asked for again. */
export function dissectMessages(context: DissectContext, messages: StreamMessages, source: number, start: number, length: number): number {
  const bytes = context.rows.sources[source]!
  const end = start + length
  const stored = Math.min(end, bytes.length)
  let at = start
  while (at < end) {
    const available = stored - at
    if (available <= 0) {
      // Behind a message that is cut nothing more is said; one that is whole leaves the next to be missed.
      if (available === 0) addBoundsMark(context, messages.label, source, stored + 1, end)
      return length
    }
    if (end - at < messages.headLength && context.canDesegment) {
      context.desegmentOffset = at
      context.desegmentLength = ONE_MORE_SEGMENT
      return length
    }
    if (available < messages.headLength) {
      addBoundsMark(context, messages.label, source, at + messages.headLength, end)
      return length
    }
    const whole = messages.messageLength(bytes, at, available)
    if (whole === 0 && context.canDesegment) {
      context.desegmentOffset = at
      context.desegmentLength = ONE_MORE_SEGMENT
      return length
    }
    if (whole < messages.headLength && available < end - at) {
      addBoundsMark(context, messages.label, source, stored + 1, end)
      return length
    }
    if (whole < messages.headLength) {
      addMalformed(context, messages.label, source)
      return length
    }
    if (end - at < whole && context.canDesegment) {
      context.desegmentOffset = at
      context.desegmentLength = whole - (end - at)
      return length
    }
    if (context.transportRow >= 0 && context.demand.has(TCP.pduSize))
      context.rows.addGiven(TCP.pduSize, source, at, Math.min(whole, end - at), context.transportRow, whole)
    messages.dissect(context, source, at, Math.min(whole, end - at))
    at += whole
  }
  return length
}
