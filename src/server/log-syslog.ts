// `log_dest syslog`: lines to the system log. Node has no sockets of that kind, so `logger` of util-linux carries them there.
// A destination of log-destinations.ts. The child is started with the first line and again when it dies; a bounded backlog waits for it.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { LogType } from '../base/log.ts'
import type { LogSink } from './log-destinations.ts'

/** Severities of syslog(3), as Mosquitto chooses them. */
const SEVERITIES: Readonly<Record<LogType, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  subscribe: 5,
  unsubscribe: 5,
  information: 6,
  debug: 7,
  websockets: 7,
  internal: 7,
}

const DAEMON = 3
const LOCAL_0 = 16
/** Bytes that may wait for the child; what comes then is lost, and counted. */
const BACKLOG = 262_144
/** Milliseconds before a child that has died is replaced. */
const RESTART_AFTER = 1000
/** Milliseconds that the child has to pass on the last lines. */
const GOODBYE = 1000

export interface SyslogOptions {
  /** The name before each line. */
  readonly tag: string
  readonly pid: number
  /** log_facility: 0 to 7 for local0 to local7; null = daemon. */
  readonly facility: number | null
  /** Told once when lines cannot be passed on; a sentence. */
  readonly onProblem: (problem: string) => void
  /** The program; `logger` unless given. */
  readonly program?: string
}

export class Syslog implements LogSink {
  readonly #options: SyslogOptions
  readonly #facility: number
  #child: ChildProcess | null = null
  #restart: NodeJS.Timeout | null = null
  #backlog: string[] = []
  #backlogBytes = 0
  #lost = 0
  #hasProblem = false
  #isClosed = false

  constructor(options: SyslogOptions) {
    this.#options = options
    this.#facility = options.facility === null ? DAEMON : LOCAL_0 + options.facility
  }

  line(type: LogType, text: string): void {
    if (this.#isClosed) return
    const line = `<${this.#facility * 8 + SEVERITIES[type]}>${text}\n`
    if (this.#child === null && this.#restart === null) this.#start()
    const stdin = this.#child?.stdin
    if (stdin !== null && stdin !== undefined && !stdin.writableNeedDrain && this.#backlog.length === 0) stdin.write(line)
    else this.#keep(line)
  }

  /** Resolves when the child has passed on what it got, or time is up. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#restart !== null) clearTimeout(this.#restart)
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.ref()
    child.stdin?.end(this.#backlog.join(''))
    const timer = setTimeout(() => child.kill('SIGKILL'), GOODBYE)
    await ended
    clearTimeout(timer)
  }

  #keep(line: string): void {
    if (this.#backlogBytes + line.length > BACKLOG) {
      this.#lost++
      return
    }
    this.#backlog.push(line)
    this.#backlogBytes += line.length
  }

  #start(): void {
    const { tag, pid, program = 'logger' } = this.#options
    // a process group of its own: Ctrl-C in a terminal must not end it before the last lines
    const child = spawn(program, ['--prio-prefix', '-t', `${tag}[${pid}]`], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#child = child
    child.unref()
    const stdin = child.stdin! as Socket
    stdin.unref?.()
    stdin.on('error', () => {}) // the child is gone, which 'close' tells
    stdin.on('drain', () => this.#drain())
    let fault = ''
    child.once('error', (error) => (fault = error.message))
    child.once('close', (code, signal) => this.#gone(child, fault || (signal ?? `exit code ${code}`)))
    this.#drain()
  }

  #drain(): void {
    const stdin = this.#child?.stdin
    if (stdin === null || stdin === undefined) return
    if (this.#lost > 0) {
      this.#backlog.push(`<${this.#facility * 8 + SEVERITIES.warning}>${this.#lost} log lines were lost.\n`)
      this.#lost = 0
    }
    const text = this.#backlog.join('')
    this.#backlog = []
    this.#backlogBytes = 0
    if (text !== '') stdin.write(text)
  }

  #gone(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    this.#child = null
    if (this.#isClosed) return
    this.#restart = setTimeout(() => {
      this.#restart = null
      if (this.#backlog.length > 0) this.#start()
    }, RESTART_AFTER)
    this.#restart.unref()
    if (this.#hasProblem) return
    this.#hasProblem = true
    this.#options.onProblem(
      `Error: log_dest syslog: ${this.#options.program ?? 'logger'} has ended (${how}); lines wait for the next one. It must be the logger of util-linux.`,
    )
  }
}
