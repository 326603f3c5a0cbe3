// A Terminal in memory: what a command prints is collected, its input and its signals come from the test.

import type { EndSignal, Input, Output, Terminal } from '../../../src/cli/terminal.ts'

class FakeOutput implements Output {
  readonly chunks: Buffer[] = []
  full = false
  closed = false
  readonly #drained: (() => void)[] = []
  readonly #closedListeners: (() => void)[] = []
  #waiters: { readonly text: string; readonly resolve: () => void }[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }

  write(data: string | Uint8Array): void {
    if (this.closed) return
    this.chunks.push(typeof data === 'string' ? Buffer.from(data) : Buffer.copyBytesFrom(data))
    const text = this.text
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!text.includes(waiter.text)) return true
      waiter.resolve()
      return false
    })
  }

  /** Resolves when this text was printed. */
  async printed(text: string): Promise<void> {
    if (this.text.includes(text)) return
    await new Promise<void>((resolve) => this.#waiters.push({ text, resolve }))
  }

  onDrained(listener: () => void): void {
    if (this.full) this.#drained.push(listener)
    else queueMicrotask(listener)
  }

  /** The reader has caught up. */
  drain(): void {
    this.full = false
    for (const listener of this.#drained.splice(0)) listener()
  }

  onClosed(listener: () => void): void {
    this.#closedListeners.push(listener)
  }

  /** The reader goes away. */
  close(): void {
    this.closed = true
    for (const listener of this.#closedListeners.splice(0)) listener()
  }

  async flush(): Promise<void> {}
}

/** Standard input that a test writes to. */
class FakeInput implements Input {
  readonly #chunks: Uint8Array[] = []
  #ended = false
  closed = false
  #wake: () => void = () => {}

  push(text: string | Uint8Array): void {
    this.#chunks.push(typeof text === 'string' ? Buffer.from(text) : text)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  close(): void {
    this.closed = true
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#chunks.length > 0) yield this.#chunks.shift()!
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export class FakeTerminal implements Terminal {
  readonly env: Record<string, string | undefined> = {}
  readonly platform = 'linux'
  readonly pid = 4242
  readonly invokedAs: string = 'zanzara'
  readonly stdin = new FakeInput()
  readonly stdout = new FakeOutput()
  readonly stderr = new FakeOutput()
  readonly #signals = new Set<(signal: EndSignal) => void>()

  get listensToSignals(): boolean {
    return this.#signals.size > 0
  }

  onSignal(listener: (signal: EndSignal) => void): () => void {
    this.#signals.add(listener)
    return () => this.#signals.delete(listener)
  }

  signal(signal: EndSignal): void {
    for (const listener of [...this.#signals]) listener(signal)
  }
}
