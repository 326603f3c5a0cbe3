// Where log lines go and how they are stamped: `<unix seconds>: text`, as Mosquitto writes them.
// Implements base/log.ts. Lines of one turn leave in one write, in order; `flush` before the process ends.

import type { Log, LogType } from '../base/log.ts'

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
])
/** `-q`. */
export const NO_LOG_TYPES: ReadonlySet<LogType> = new Set<LogType>()

/** As much as may gather before the turn ends. */
const FLUSH_AT = 65536

export interface LineLogOptions {
  /** Takes whole lines. Never throws. */
  readonly write: (text: string) => void
  readonly types: ReadonlySet<LogType>
  /** Milliseconds of the calendar, as Date.now(). */
  readonly wallClock?: () => number
  /** False for `log_timestamp false`. */
  readonly timestamps?: boolean
  /** Calls `flush` soon; setImmediate in production. */
  readonly schedule?: (flush: () => void) => void
}

/** A log of text lines to one destination. */
export class LineLog implements Log {
  readonly #options: LineLogOptions
  readonly #wallClock: () => number
  readonly #schedule: (flush: () => void) => void
  readonly #flush = (): void => this.flush()
  #types: ReadonlySet<LogType>
  #waiting = ''
  #second = -1
  #stamp = ''

  constructor(options: LineLogOptions) {
    this.#options = options
    this.#types = options.types
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

  write(type: LogType, line: string): void {
    if (!this.#types.has(type)) return
    if (this.#waiting === '') this.#schedule(this.#flush)
    this.#waiting += `${this.#timestamp()}${line}\n`
    if (this.#waiting.length > FLUSH_AT) this.flush()
  }

  /** Writes what waits now. */
  flush(): void {
    const text = this.#waiting
    if (text === '') return
    this.#waiting = ''
    this.#options.write(text)
  }

  #timestamp(): string {
    if (this.#options.timestamps === false) return ''
    const second = Math.floor(this.#wallClock() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#stamp = `${second}: `
    }
    return this.#stamp
  }
}

/** Says nothing to nobody. */
export const NO_LOG: Log = { write: () => {} }

/**
 * Makes text from outside fit for a line: control characters, line and paragraph separators, direction marks and lone surrogates
 * are shown as `\xNN` or `\u{NNNN}`, so that nobody can forge lines or colour an operator's terminal.
 */
export function escapeControls(text: string): string {
  return ORDINARY.test(text) ? text : text.replace(UNPRINTABLE, escape)
}

const ORDINARY = /^[\x20-\x7e]*$/
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

function escape(character: string): string {
  const code = character.codePointAt(0)!
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
