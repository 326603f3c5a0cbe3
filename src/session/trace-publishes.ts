// Turns a run, or a row of acknowledgements, into one trace line per packet.
// Called only when somebody watches (`-v`): it makes texts.

import type { PublishRun } from '../wire/mqtt/publish-run.ts'
import { readUtf8 } from '../wire/text.ts'
import type { Direction, Trace } from './effects.ts'

/** `firstId`, when given, is the identifier that our own sending side assigned to the first packet; the others follow it. */
export function tracePublishes(
  trace: Trace,
  what: Parameters<Trace['publish']>[0],
  clientId: string,
  run: PublishRun,
  firstId: number | null = null,
  from: number = run.from,
  to: number = run.to,
): void {
  const topicName = readUtf8(run.topicBytes, run.topicAt, run.topicAt + run.topicLength)
  let id = firstId
  for (let i = from; i < to; i++) {
    const packetId = run.qos === 0 ? 0 : (id ?? run.packetId(i))
    const size = run.starts[i + 1]! - run.bodies[i]! - run.headLength
    trace.publish(what, clientId, run.header, packetId, topicName, size)
    if (id !== null) id = id === 65535 ? 1 : id + 1
  }
}

/** Rows of four bytes each, from `at`, of the type in `header`. */
export function traceAcknowledgements(
  trace: Trace,
  direction: Direction,
  clientId: string,
  header: number,
  bytes: Uint8Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++)
    trace.acknowledgement(direction, clientId, (header >> 4) as 4 | 5 | 6 | 7, (bytes[at + i * 4 + 2]! << 8) | bytes[at + i * 4 + 3]!, 0)
}
