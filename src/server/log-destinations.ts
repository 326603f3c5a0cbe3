// Which log lines are written and how they are stamped: `<unix seconds>: text`, as Mosquitto writes them, or JSON.
// Implements base/log.ts. Lines of one turn leave in one write, in order; `flush` before the process ends.

import type { Log, LogSubject, LogType } from '../base/log.ts'
import { strftime } from '../base/strftime.ts'
import { localMoment } from './local-time.ts'

/** Mosquitto's types without log_type. */
export const DEFAULT_LOG_TYPES: ReadonlySet<LogType> = new Set<LogType>(['error', 'warning', 'notice', 'information'])
/** `-v` and `log_type all`. */
export const ALL_LOG_TYPES: ReadonlySet<LogType> = new Set<LogType>([
  'error',
  'warning',
  'notice',
  'information',
  'debug',
  'subscribe',
  'unsubscribe',
  'websockets',
  'internal',
])
/** `-q`. */
export const NO_LOG_TYPES: ReadonlySet<LogType> = new Set<LogType>()

/** As much as may gather before the turn ends. */
const FLUSH_AT = 65536
/** UTF-16 units of a line; Mosquitto cuts at 1000 bytes. A name of 65535 bytes must not become a line of that length. */
const LONGEST_LINE = 1000

/** A destination that takes line by line: the system log, topics. */
export interface LogSink {
  /** One stamped line without its end. Never throws. */
  line(type: LogType, text: string): void
}

export type LogFormat = 'text' | 'json'

export interface LineLogOptions {
  /** Takes whole lines. Never throws. */
  readonly write: (text: string) => void
  readonly types: ReadonlySet<LogType>
  /** Destinations that want each line on its own. */
  readonly sinks?: readonly LogSink[]
  /** Milliseconds of the calendar, as Date.now(). */
  readonly wallClock?: () => number
  /** False for `log_timestamp false`. JSON lines have their time all the same. */
  readonly timestamps?: boolean
  /** `log_timestamp_format`: local time by strftime; null = seconds since 1970. */
  readonly timestampFormat?: string | null
  /** `log_format`. */
  readonly format?: LogFormat
  /** Calls `flush` soon; setImmediate in production. */
  readonly schedule?: (flush: () => void) => void
}

/** A log of lines to all its destinations. */
export class LineLog implements Log {
  readonly #options: LineLogOptions
  readonly #wallClock: () => number
  readonly #schedule: (flush: () => void) => void
  readonly #sinks: readonly LogSink[]
  readonly #flush = (): void => this.flush()
  #types: ReadonlySet<LogType>
  #waiting = ''
  #second = -1
  #stamp = ''

  constructor(options: LineLogOptions) {
    this.#options = options
    this.#types = options.types
    this.#sinks = options.sinks ?? []
    this.#wallClock = options.wallClock ?? Date.now
    this.#schedule = options.schedule ?? ((flush): void => void setImmediate(flush))
  }

  /** What is written; other types are passed over. */
  get types(): ReadonlySet<LogType> {
    return this.#types
  }

  set types(types: ReadonlySet<LogType>) {
    this.#types = types
  }

  write(type: LogType, line: string, about?: LogSubject): void {
    if (!this.#types.has(type)) return
    const text = this.#options.format === 'json' ? this.#json(type, line, about) : this.#text(line)
    if (this.#waiting === '') this.#schedule(this.#flush)
    this.#waiting += `${text}\n`
    if (this.#waiting.length > FLUSH_AT) this.flush()
    for (const sink of this.#sinks) sink.line(type, text)
  }

  /** Writes what waits now. */
  flush(): void {
    const text = this.#waiting
    if (text === '') return
    this.#waiting = ''
    this.#options.write(text)
  }

  #text(line: string): string {
    return this.#timestamp() + shownLine(line)
  }

  #json(type: LogType, line: string, about: LogSubject | undefined): string {
    const time = new Date(this.#wallClock()).toISOString()
    const { client, address } = about ?? {}
    const subject = {
      ...(client === undefined ? {} : { client: abridged(client) }),
      ...(address === undefined ? {} : { address }),
    }
    return JSON.stringify({ time, level: LEVELS[type], type, msg: shownLine(line).trim(), ...subject }).replace(UNPRINTABLE, jsonEscape)
  }

  #timestamp(): string {
    if (this.#options.timestamps === false) return ''
    const now = this.#wallClock()
    const second = Math.floor(now / 1000)
    const format = this.#options.timestampFormat ?? null
    if (second !== this.#second || format?.includes('N') === true) {
      this.#second = second
      this.#stamp = `${format === null ? second : escapeControls(strftime(format, localMoment(second, Math.floor((now - second * 1000) * 1e6)))) || 'Time error'}: `
    }
    return this.#stamp
  }
}

/** Says nothing to nobody. */
export const NO_LOG: Log = { write: () => {} }

/** As most log readers name them. */
const LEVELS: Readonly<Record<LogType, 'error' | 'warn' | 'info' | 'debug'>> = {
  error: 'error',
  warning: 'warn',
  notice: 'info',
  information: 'info',
  subscribe: 'info',
  unsubscribe: 'info',
  debug: 'debug',
  websockets: 'debug',
  internal: 'debug',
}

/**
 * Makes text from outside fit for a line: control characters, line and paragraph separators, direction marks and lone surrogates
 * are shown as `\xNN` or `\u{NNNN}`, so that nobody can forge lines or colour an operator's terminal.
 */
export function escapeControls(text: string): string {
  return ORDINARY.test(text) ? text : text.replace(UNPRINTABLE, escape)
}

/** The whole line, whoever wrote it; a tab at its beginning is Mosquitto's indentation. */
function shownLine(line: string): string {
  const shown = line.startsWith('\t') ? `\t${escapeControls(line.slice(1))}` : escapeControls(line)
  return abridged(shown)
}

/** Without half a character at its end. */
function abridged(text: string): string {
  return text.length <= LONGEST_LINE ? text : text.slice(0, LONGEST_LINE).replace(/[\ud800-\udbff]$/, '')
}

const ORDINARY = /^[\x20-\x7e]*$/
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

function escape(character: string): string {
  const code = character.codePointAt(0)!
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

function jsonEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
