// The last lines of the log, for who looks later and who looks on: stands before the log proper and hands everything on to it.
// Lines about packets have a ring of their own, so that a talkative broker does not push its warnings out.

import type { Log, LogSubject, LogType } from '../../base/log.ts'
import { escapeControls } from '../log-destinations.ts'
import type { LogLine } from './api-types.ts'

const LINES = 1000
const LONGEST_LINE = 1000
const OF_PACKETS: ReadonlySet<LogType> = new Set<LogType>(['debug', 'subscribe', 'unsubscribe', 'websockets', 'internal'])

/** What `level` shows: it and what is graver. */
const LEVELS: Readonly<Record<string, readonly LogType[]>> = {
  error: ['error'],
  warning: ['error', 'warning'],
  notice: ['error', 'warning', 'notice'],
  information: ['error', 'warning', 'notice', 'information', 'subscribe', 'unsubscribe'],
  debug: ['error', 'warning', 'notice', 'information', 'subscribe', 'unsubscribe', 'debug', 'websockets', 'internal'],
}

export const LOG_LEVELS: readonly string[] = Object.keys(LEVELS)

export class LogRing implements Log {
  readonly #next: Log
  readonly #wallClock: () => number
  readonly #rings: { readonly events: LogLine[]; readonly packets: LogLine[] } = { events: [], packets: [] }
  readonly #followers = new Set<(line: LogLine) => void>()
  #count = 0

  /** `wallClock` in milliseconds since 1970. */
  constructor(next: Log, wallClock: () => number) {
    this.#next = next
    this.#wallClock = wallClock
  }

  get count(): number {
    return this.#count
  }

  write(type: LogType, line: string, about?: LogSubject): void {
    this.#next.write(type, line, about)
    const ring = OF_PACKETS.has(type) ? this.#rings.packets : this.#rings.events
    const text = escapeControls(line.startsWith('\t') ? line.slice(1) : line).slice(0, LONGEST_LINE)
    const kept: LogLine = {
      number: ++this.#count,
      time: this.#wallClock(),
      type,
      text,
      client: about?.client ?? null,
      address: about?.address ?? null,
    }
    ring.push(kept)
    if (ring.length >= 2 * LINES) ring.splice(0, LINES)
    for (const follower of this.#followers) follower(kept)
  }

  /** What is remembered, the oldest first: of this level and graver, with numbers above `after`. */
  lines(level: string, after: number): LogLine[] {
    const { events, packets } = this.#rings
    const types = new Set(LEVELS[level] ?? LEVELS['debug'])
    return [...events.slice(-LINES), ...packets.slice(-LINES)]
      .filter(({ type, number }) => types.has(type) && number > after)
      .sort((a, b) => a.number - b.number)
      .slice(-LINES)
  }

  /** Tells each line of this level and graver; call what it returns to end that. */
  follow(level: string, tell: (line: LogLine) => void): () => void {
    const types = new Set(LEVELS[level] ?? LEVELS['debug'])
    const follower = (line: LogLine): void => {
      if (types.has(line.type)) tell(line)
    }
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }
}
