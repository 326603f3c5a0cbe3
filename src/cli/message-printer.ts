// How sub and rr print a message: payload bytes as they are, a newline after them, with -v the topic before them, or as -F says.
// An empty payload prints nothing, or `(null)` behind its topic.

import type { Publish } from '../wire/mqtt/packet.ts'
import type { ErrorOutput } from './client-command.ts'
import type { ClientSettings } from './client-settings.ts'
import type { FormatPart } from './format.ts'
import type { Output } from './terminal.ts'

export interface PrintOptions {
  /** -v */
  readonly verbose: boolean
  /** False with -N. */
  readonly endOfLine: boolean
}

const NOTHING = Buffer.alloc(0)
const NEWLINE = 0x0a

/** What prints one message on `stdout` as the settings ask. */
export async function messagePrinter(settings: ClientSettings, stdout: Output, errors: ErrorOutput): Promise<(message: Publish) => void> {
  const { format, watch, messageRate } = settings
  const bytes = format === null ? (message: Publish) => messageBytes(message, settings) : await formatted(settings, format, errors)
  if (!watch || messageRate) return (message) => stdout.write(bytes(message))
  const { WatchLines } = await import('./watch-lines.ts')
  const lines = new WatchLines()
  stdout.write(lines.heading(settings.unixPath ?? settings.host))
  return (message) => stdout.write(Buffer.concat([Buffer.from(lines.before(message.topicName)), bytes(message), Buffer.from(lines.after())]))
}

/** The bytes to write for one message without -F; own memory, not a view of the payload. */
export function messageBytes({ topicName, payload }: Publish, { verbose, endOfLine }: PrintOptions): Uint8Array {
  if (payload.length === 0 && !(verbose && endOfLine)) return NOTHING
  const before = verbose ? Buffer.from(payload.length === 0 ? `${topicName} (null)` : `${topicName} `) : NOTHING
  const out = Buffer.allocUnsafe(before.length + payload.length + (endOfLine ? 1 : 0))
  out.set(before)
  out.set(payload, before.length)
  if (endOfLine) out[out.length - 1] = NEWLINE
  return out
}

async function formatted({ pretty, endOfLine }: ClientSettings, parts: readonly FormatPart[], errors: ErrorOutput): Promise<(message: Publish) => Uint8Array> {
  const [{ MessageFormatter }, { WallClock }] = await Promise.all([import('./format-message.ts'), import('./wall-clock.ts')])
  const clock = new WallClock()
  const end = endOfLine ? Buffer.of(NEWLINE) : NOTHING
  const formatter = new MessageFormatter({ parts, pretty, now: () => clock.now(), fail: (text) => errors.print(text) })
  return (message) => Buffer.concat([formatter.bytes(message), end])
}
