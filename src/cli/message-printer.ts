// How `sub` prints a message: payload bytes as they are, a newline after them, with -v the topic before them.
// An empty payload prints nothing, or `(null)` behind its topic.

import type { Publish } from '../wire/mqtt/packet.ts'

export interface PrintOptions {
  /** -v */
  readonly verbose: boolean
  /** False with -N. */
  readonly endOfLine: boolean
}

const NOTHING = Buffer.alloc(0)
const NEWLINE = 0x0a

/** The bytes to write for one message; own memory, not a view of the payload. */
export function messageBytes({ topicName, payload }: Publish, { verbose, endOfLine }: PrintOptions): Uint8Array {
  if (!verbose && payload.length === 0) return NOTHING
  const before = verbose ? Buffer.from(payload.length === 0 ? `${topicName} (null)` : `${topicName} `) : NOTHING
  const out = Buffer.allocUnsafe(before.length + payload.length + (endOfLine ? 1 : 0))
  out.set(before)
  out.set(payload, before.length)
  if (endOfLine) out[out.length - 1] = NEWLINE
  return out
}
