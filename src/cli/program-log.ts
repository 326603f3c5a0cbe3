// The log of a command that runs a broker: Mosquitto's log_dest and what belongs to it, on the outputs of this process.
// Lines and stamps are server/log-destinations.ts, the system log and topics their own files there; here they are put together.

import { closeSync, openSync, writeSync } from 'node:fs'
import type { Log, LogSubject, LogType } from '../base/log.ts'
import { LineLog, type LogFormat, type LogSink } from '../server/log-destinations.ts'
import { Syslog } from '../server/log-syslog.ts'
import { LogTopics } from '../server/log-topics.ts'
import type { Terminal } from './terminal.ts'

/** One `log_dest`. */
export type ProgramLogDestination = { readonly to: 'stderr' | 'stdout' | 'syslog' | 'topic' } | { readonly to: 'file'; readonly path: string }

export interface ProgramLogOptions {
  readonly types: ReadonlySet<LogType>
  readonly timestamps: boolean
  /** Empty = nowhere. The same one twice counts once. */
  readonly destinations: readonly ProgramLogDestination[]
  /** log_timestamp_format; null = seconds since 1970. */
  readonly timestampFormat?: string | null
  readonly format?: LogFormat
  /** log_facility: 0 to 7 for local0 to local7; null = daemon. */
  readonly facility?: number | null
  /** The name in the system log. */
  readonly tag?: string
  /** What carries lines there; `logger` unless given. */
  readonly syslogProgram?: string
}

type Publish = Parameters<LogTopics['publishTo']>[0]

/** All destinations of one configuration, open. */
interface OpenLog {
  readonly lines: LineLog
  readonly files: readonly LogFile[]
  readonly syslog: Syslog | null
  readonly topics: LogTopics | null
}

interface LogFile {
  readonly path: string
  descriptor: number
  /** The last line could not be written. */
  isFailing: boolean
}

export class ProgramLog implements Log {
  readonly #terminal: Terminal
  #open: OpenLog
  #publish: Publish = null

  /** @throws the system's error when a log file cannot be opened */
  constructor(terminal: Terminal, options: ProgramLogOptions) {
    this.#terminal = terminal
    this.#open = this.#opened(options)
  }

  get types(): ReadonlySet<LogType> {
    return this.#open.lines.types
  }

  /** The files it writes. */
  get filePaths(): readonly string[] {
    return this.#open.files.map(({ path }) => path)
  }

  write(type: LogType, line: string, about?: LogSubject): void {
    this.#open.lines.write(type, line, about)
  }

  /** From now on `log_dest topic` has a broker to publish by; null = not any more. */
  publishTo(publish: Publish): void {
    this.#publish = publish
    this.#open.topics?.publishTo(publish)
  }

  /**
   * The configuration was read again: other types, stamps, destinations. Files are opened anew in any case.
   * @throws the system's error when a log file cannot be opened; then all goes on as it was
   */
  reconfigure(options: ProgramLogOptions): void {
    const old = this.#open
    this.#open = this.#opened(options)
    this.#open.topics?.publishTo(this.#publish)
    old.lines.flush()
    old.topics?.publishTo(null)
    void old.syslog?.close()
    for (const file of old.files) closeSync(file.descriptor)
  }

  /** Opens the files anew, after somebody has moved them away. A file that cannot be opened is kept as it was. */
  reopen(): void {
    this.#open.lines.flush()
    for (const file of this.#open.files) {
      const old = file.descriptor
      try {
        file.descriptor = openFile(file.path)
        closeSync(old)
      } catch (error) {
        this.write('error', `Error: Unable to open log file ${file.path} for writing: ${(error as Error).message}.`)
      }
    }
  }

  /** Resolves when all lines have been handed to the system. */
  async flush(): Promise<void> {
    this.#open.lines.flush()
    await this.#terminal.stderr.flush()
    await this.#terminal.stdout.flush()
  }

  /** Ends the log. */
  async close(): Promise<void> {
    const { files, syslog, topics } = this.#open
    topics?.publishTo(null)
    await this.flush()
    await syslog?.close()
    this.#open = { files: [], syslog: null, topics: null, lines: new LineLog({ write: () => {}, types: new Set() }) }
    for (const file of files) closeSync(file.descriptor)
  }

  /** A full disk, or a pipe whose reader has gone, must not stop the broker: the lines are lost, messages go on. Said once on stderr. */
  #append(file: LogFile, text: string): void {
    try {
      writeSync(file.descriptor, text)
      file.isFailing = false
    } catch (error) {
      if (!file.isFailing) this.#terminal.stderr.write(`Error: Unable to write log file ${file.path}: ${(error as Error).message}. Lines are lost.\n`)
      file.isFailing = true
    }
  }

  #opened({
    types,
    timestamps,
    destinations,
    timestampFormat = null,
    format = 'text',
    facility = null,
    tag = 'zanzara',
    syslogProgram,
  }: ProgramLogOptions): OpenLog {
    const wanted = new Set(destinations.map(({ to }) => to))
    const outputs = (['stderr', 'stdout'] as const).filter((to) => wanted.has(to)).map((to) => this.#terminal[to])
    const files = openFiles(destinations)
    const onProblem = (problem: string): void => {
      this.write('error', problem)
      if (!wanted.has('stderr')) this.#terminal.stderr.write(`${problem}\n`)
    }
    const syslog = wanted.has('syslog')
      ? new Syslog({ tag, pid: this.#terminal.pid, facility, onProblem, ...(syslogProgram === undefined ? {} : { program: syslogProgram }) })
      : null
    const topics = wanted.has('topic') ? new LogTopics() : null
    const write = (text: string): void => {
      for (const output of outputs) output.write(text)
      for (const file of files) this.#append(file, text)
    }
    const sinks = [syslog, topics].filter((sink): sink is Syslog | LogTopics => sink !== null) satisfies LogSink[]
    return { lines: new LineLog({ write, types, sinks, timestamps, timestampFormat, format }), files, syslog, topics }
  }
}

/** All or none. */
function openFiles(destinations: readonly ProgramLogDestination[]): LogFile[] {
  const paths = new Set(destinations.flatMap((destination) => (destination.to === 'file' ? [destination.path] : [])))
  const files: LogFile[] = []
  try {
    for (const path of paths) files.push({ path, descriptor: openFile(path), isFailing: false })
  } catch (error) {
    for (const file of files) closeSync(file.descriptor)
    throw error
  }
  return files
}

/** Readable by its owner and group: names of clients and topics are nobody else's business. */
function openFile(path: string): number {
  return openSync(path, 'a', 0o640)
}
