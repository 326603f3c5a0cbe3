// Asks for passwords: without echo on a terminal, else line by line from standard input.
// What is asked for and why is the command's affair.

import type { Terminal } from './terminal.ts'

/** The answer's bytes without the line end; empty when there is none; `interrupted` by Ctrl-C. */
export type Ask = (prompt: string) => Promise<Uint8Array | 'interrupted'>

/** The part of a terminal's standard input that hides what is typed. */
export interface RawInput {
  readonly isTTY?: boolean
  setRawMode?(on: boolean): unknown
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** Asks on `input` when it is a terminal, else reads the lines of the command's standard input. */
export function asker(terminal: Terminal, input: RawInput = process.stdin): Ask {
  const lines = input.isTTY === true && input.setRawMode !== undefined ? new TypedLines(input) : new PipedLines(terminal)
  return async (prompt) => {
    lines.hide() // before anybody can see the prompt and begin to type
    try {
      terminal.stdout.write(prompt)
      await terminal.stdout.flush()
      const line = await lines.next()
      terminal.stdout.write('\n')
      await terminal.stdout.flush()
      return line
    } finally {
      lines.show()
    }
  }
}

/** One line after the other, as long as there are any. */
class PipedLines {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest = Buffer.alloc(0)
  #isOver = false

  constructor(terminal: Terminal) {
    this.#chunks = terminal.stdin[Symbol.asyncIterator]()
  }

  hide(): void {}

  show(): void {}

  async next(): Promise<Uint8Array> {
    for (;;) {
      const newline = this.#rest.indexOf(0x0a)
      if (newline >= 0 || this.#isOver) {
        const end = newline < 0 ? this.#rest.length : newline
        const line = this.#rest.subarray(0, end)
        this.#rest = this.#rest.subarray(newline < 0 ? end : end + 1)
        return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
      }
      const { value, done } = await this.#chunks.next()
      if (done === true) this.#isOver = true
      else this.#rest = Buffer.concat([this.#rest, value])
    }
  }
}

const CONTROL = { interrupt: 0x03, endOfInput: 0x04, backspace: 0x08, newline: 0x0a, return: 0x0d, killLine: 0x15, delete: 0x7f } as const

/** Typed blind: backspace and Ctrl-U work, Ctrl-C interrupts, Enter and Ctrl-D end the line. */
class TypedLines {
  readonly #input: RawInput
  /** Typed ahead, beyond the end of the line before. */
  #ahead: number[] = []

  constructor(input: RawInput) {
    this.#input = input
  }

  hide(): void {
    this.#input.setRawMode!(true)
  }

  show(): void {
    this.#input.pause()
    this.#input.setRawMode!(false)
  }

  next(): Promise<Uint8Array | 'interrupted'> {
    const input = this.#input
    const typed: number[] = []
    return new Promise((resolve) => {
      const take = (chunk: Iterable<number>): void => {
        const bytes = [...chunk]
        for (const [i, byte] of bytes.entries()) {
          const line = key(typed, byte)
          if (line === null) continue
          this.#ahead = bytes.slice(i + 1)
          input.off('data', take)
          resolve(line)
          return
        }
      }
      input.on('data', take)
      input.resume()
      take(this.#ahead.splice(0))
    })
  }
}

/** One key; null = the line goes on. */
function key(typed: number[], byte: number): Uint8Array | 'interrupted' | null {
  switch (byte) {
    case CONTROL.interrupt:
      return 'interrupted'
    case CONTROL.newline:
    case CONTROL.return:
    case CONTROL.endOfInput:
      return Uint8Array.from(typed)
    case CONTROL.killLine:
      typed.length = 0
      return null
    case CONTROL.backspace:
    case CONTROL.delete:
      // A character of UTF-8 goes as a whole: bytes that continue it, then its first.
      while (typed.length > 0 && (typed.pop()! & 0xc0) === 0x80);
      return null
    default:
      typed.push(byte)
      return null
  }
}
