// The lines of the log that the page has: joined from what comes, looked through, written as a file.
// Pure.

import type { LogLine } from '../../../server/admin/api-types.ts'

/** Lines kept by the page. */
const MOST_LINES = 5000

export interface LogFeed {
  readonly lines: readonly LogLine[]
  /** Lines that the page has forgotten since it began. */
  readonly dropped: number
  readonly isOpen: boolean
}

/** Numbers rise; after a restart of the broker they begin anew, and so does the list. */
export function withLines(before: LogFeed, came: readonly LogLine[]): LogFeed {
  const last = before.lines.at(-1)
  const first = came[0]
  const isAnew = last !== undefined && first !== undefined && first.number <= last.number && first.time > last.time
  const kept = isAnew ? [] : before.lines
  const known = isAnew ? 0 : (last?.number ?? 0)
  const lines = [...kept, ...came.filter(({ number }) => number > known)]
  const beyond = Math.max(0, lines.length - MOST_LINES)
  return { lines: beyond === 0 ? lines : lines.slice(beyond), dropped: before.dropped + beyond, isOpen: true }
}

/** Lines in which every word stands, whatever the case. */
export function findLines(lines: readonly LogLine[], find: string): readonly LogLine[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return lines
  return lines.filter(({ text, client, address, type }) => {
    const whole = `${type} ${text} ${client ?? ''} ${address ?? ''}`.toLowerCase()
    return words.every((word) => whole.includes(word))
  })
}

/** As a log file has them. */
export function logText(lines: readonly LogLine[]): string {
  return lines.map(({ time, type, text }) => `${new Date(time).toISOString()} ${type}: ${text}\n`).join('')
}
