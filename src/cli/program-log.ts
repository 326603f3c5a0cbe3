// The log of a command that runs a broker: stderr, stdout or a file, as Mosquitto's log_dest.
// Lines and stamps are server/log-destinations.ts; here are the outputs of this process.

import { closeSync, openSync, writeSync } from 'node:fs'
import type { Log, LogType } from '../base/log.ts'
import type { LogDestination } from '../config/configuration.ts'
import { LineLog } from '../server/log-destinations.ts'
import type { Terminal } from './terminal.ts'

export interface ProgramLogOptions {
  readonly types: ReadonlySet<LogType>
  readonly timestamps: boolean
  /** Empty = nowhere. */
  readonly destinations: readonly LogDestination[]
}

export class ProgramLog implements Log {
  readonly #terminal: Terminal
  readonly #lines: LineLog
  readonly #files: { readonly path: string; descriptor: number }[] = []

  /** @throws the system's error when a log file cannot be opened */
  constructor(terminal: Terminal, options: ProgramLogOptions) {
    this.#terminal = terminal
    for (const destination of options.destinations)
      if (destination.to === 'file') this.#files.push({ path: destination.path, descriptor: openLog(destination.path) })
    const outputs = options.destinations.flatMap((destination) => (destination.to === 'file' ? [] : [terminal[destination.to]]))
    const write = (text: string): void => {
      for (const output of outputs) output.write(text)
      for (const file of this.#files) append(file.descriptor, text)
    }
    this.#lines = new LineLog({ write, types: options.types, timestamps: options.timestamps })
  }

  get types(): ReadonlySet<LogType> {
    return this.#lines.types
  }

  write(type: LogType, line: string): void {
    this.#lines.write(type, line)
  }

  /** Opens the files anew, after somebody has moved them away. A file that cannot be opened is kept as it was. */
  reopen(): void {
    this.#lines.flush()
    for (const file of this.#files) {
      const old = file.descriptor
      try {
        file.descriptor = openLog(file.path)
        closeSync(old)
      } catch (error) {
        this.write('error', `Error: Unable to open log file ${file.path} for writing: ${(error as Error).message}.`)
      }
    }
  }

  /** Resolves when all lines have been handed to the system. */
  async flush(): Promise<void> {
    this.#lines.flush()
    await this.#terminal.stderr.flush()
    await this.#terminal.stdout.flush()
  }

  /** Ends the log. */
  async close(): Promise<void> {
    await this.flush()
    for (const file of this.#files.splice(0)) closeSync(file.descriptor)
  }
}

/** Readable by its owner and group: names of clients and topics are nobody else's business. */
function openLog(path: string): number {
  return openSync(path, 'a', 0o640)
}

/** A full disk must not stop the broker: the lines are lost, messages go on. */
function append(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text)
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
