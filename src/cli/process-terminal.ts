// The Terminal of this process. Standard streams are touched at first use only: a quiet `pub` never opens them.
// Output of one turn goes out in one write, so a pipe sees messages as soon as they come and yet few writes.

import { basename } from 'node:path'

import type { EndSignal, Input, Output, Terminal } from './terminal.ts'

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM']

/** The terminal that this process was started in. */
export function processTerminal(): Terminal {
  const stdout = new StreamOutput(() => process.stdout, null)
  return {
    env: process.env,
    platform: process.platform,
    pid: process.pid,
    invokedAs: basename(process.argv[1] ?? '').replace(/\.[cm]?[jt]s$/, ''),
    stdin: new StreamInput(),
    stdout,
    // What was printed before an error is on its way before the error is: with 2>&1 they stay in order.
    stderr: new StreamOutput(() => process.stderr, stdout),
    onSignal(listener) {
      for (const signal of SIGNALS) process.on(signal, listener)
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener)
      }
    },
  }
}

class StreamInput implements Input {
  #stream: NodeJS.ReadStream | null = null
  #closed = false

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#closed) return
    this.#stream = process.stdin
    try {
      for await (const chunk of this.#stream) yield chunk as Uint8Array
    } catch (error) {
      if (!this.#closed) throw error
    }
  }

  close(): void {
    this.#closed = true
    this.#stream?.destroy()
  }
}

class StreamOutput implements Output {
  readonly #open: () => NodeJS.WriteStream
  readonly #before: StreamOutput | null
  #stream: NodeJS.WriteStream | null = null
  #waiting: Uint8Array[] = []
  #closed = false
  readonly #closedListeners: (() => void)[] = []

  constructor(open: () => NodeJS.WriteStream, before: StreamOutput | null) {
    this.#open = open
    this.#before = before
  }

  get full(): boolean {
    return this.#stream?.writableNeedDrain ?? false
  }

  write(data: string | Uint8Array): void {
    if (this.#closed) return
    if (this.#waiting.length === 0) process.nextTick(() => this.#send())
    this.#waiting.push(typeof data === 'string' ? Buffer.from(data) : Buffer.copyBytesFrom(data))
  }

  onDrained(listener: () => void): void {
    if (this.#stream === null || !this.full) process.nextTick(listener)
    else this.#stream.once('drain', listener)
  }

  onClosed(listener: () => void): void {
    this.#closedListeners.push(listener)
  }

  async flush(): Promise<void> {
    this.#send()
    const stream = this.#stream
    if (stream === null || this.#closed || stream.writableLength === 0) return
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }

  #send(): void {
    if (this.#before !== null) this.#before.#send()
    const chunks = this.#waiting
    if (chunks.length === 0 || this.#closed) return
    this.#waiting = []
    this.#stream ??= this.#begin()
    this.#stream.write(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  }

  #begin(): NodeJS.WriteStream {
    const stream = this.#open()
    // The reader has gone, as in `sub | head -1`: no error to report, an end to come to.
    stream.on('error', () => {
      if (this.#closed) return
      this.#closed = true
      this.#waiting = []
      for (const listener of this.#closedListeners) listener()
    })
    return stream
  }
}
