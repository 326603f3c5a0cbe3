// Lines for the shell of `ctrl`: typed at a terminal, with editing, completion and a history that is never written to disk; or read from a pipe.
// What is asked for and what the words mean is shell.ts' affair.

import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { LineSplitter } from '../line-splitter.ts'
import type { Terminal } from '../terminal.ts'

/** Words that may stand at the end of the line, and the part of them that is there. */
export type Completer = (line: string) => [candidates: string[], typed: string]

export interface ShellInput {
  /** Whether somebody sees prompts. */
  readonly isTyped: boolean
  /** The next line; null at the end of input. `hidden`: neither shown nor remembered. */
  line(prompt: string, hidden?: boolean): Promise<string | null>
  /** Calls `listener` at Ctrl-C, in place of ending the program. */
  onInterrupt(listener: () => void): void
  /** Shows a line that nobody asked for, and `prompt` below it with what has been typed. */
  interject(text: string, prompt: string): void
  close(): void
}

/** The part of a terminal that is typed at. */
export interface TypedTerminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/** That of this process when standard input is a terminal, else its lines. */
export function shellInput(io: Terminal, complete: Completer, typed: TypedTerminal = { input: process.stdin, output: process.stdout }): ShellInput {
  return typed.input.isTTY ? new TypedInput(io, complete, typed) : new PipedInput(io)
}

class PipedInput implements ShellInput {
  readonly isTyped = false
  readonly #io: Terminal
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #splitter = new LineSplitter()
  readonly #lines: string[] = []
  #isOver = false

  constructor(io: Terminal) {
    this.#io = io
    this.#chunks = io.stdin[Symbol.asyncIterator]()
  }

  async line(): Promise<string | null> {
    while (this.#lines.length === 0 && !this.#isOver) {
      const { value, done } = await this.#chunks.next()
      const last = done === true ? this.#splitter.finish() : null
      if (done === true) this.#isOver = true
      else this.#splitter.push(value, (bytes) => this.#take(bytes))
      if (last !== null) this.#take(last)
    }
    return this.#lines.shift() ?? null
  }

  onInterrupt(listener: () => void): void {
    this.#io.onSignal(() => {
      this.close()
      listener()
    })
  }

  interject(text: string): void {
    this.#io.stdout.write(text)
  }

  close(): void {
    this.#isOver = true
    this.#io.stdin.close()
  }

  #take(bytes: Uint8Array): void {
    this.#lines.push(Buffer.from(bytes).toString().replace(/\r$/, ''))
  }
}

class TypedInput implements ShellInput {
  readonly isTyped = true
  readonly #io: Terminal
  readonly #readline: Interface
  readonly #output: HidingOutput
  /** Typed or pasted ahead. */
  readonly #lines: string[] = []
  #isOver = false
  #isHidden = false
  #isAsking = false
  #wake: () => void = () => {}

  constructor(io: Terminal, complete: Completer, { input, output }: TypedTerminal) {
    this.#io = io
    this.#output = new HidingOutput(output)
    this.#readline = createInterface({ input, output: this.#output, completer: complete, terminal: true, historySize: 500, removeHistoryDuplicates: true })
    this.#readline.on('history', (history: string[]) => {
      if (this.#isHidden) history.shift()
    })
    this.#readline.on('line', (line) => {
      this.#lines.push(line)
      this.#wake()
    })
    this.#readline.on('close', () => {
      this.#isOver = true
      this.#wake()
    })
  }

  async line(prompt: string, hidden = false): Promise<string | null> {
    await this.#io.stdout.flush()
    if (this.#lines.length === 0 && !this.#isOver) {
      this.#isHidden = hidden
      this.#isAsking = true
      this.#readline.setPrompt(prompt)
      this.#readline.prompt()
      this.#output.isHiding = hidden
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#output.isHiding = false
      this.#isHidden = this.#isAsking = false
      if (hidden) this.#io.stdout.write('\n')
    }
    return this.#lines.shift() ?? null
  }

  onInterrupt(listener: () => void): void {
    this.#io.onSignal(listener)
    this.#readline.on('SIGINT', () => {
      this.close()
      listener()
    })
  }

  interject(text: string, prompt: string): void {
    if (!this.#isAsking) return this.#io.stdout.write(text)
    this.#io.stdout.write(`\n${text}`)
    void this.#io.stdout.flush().then(() => {
      if (!this.#isAsking) return
      if (!this.#isHidden) this.#readline.setPrompt(prompt)
      this.#readline.prompt(true)
    })
  }

  close(): void {
    this.#readline.close()
  }
}

/** The terminal, which can be told to show nothing: readline has no other way to read a password. */
class HidingOutput extends Writable {
  isHiding = false
  readonly #output: NodeJS.WriteStream

  constructor(output: NodeJS.WriteStream) {
    super({ decodeStrings: false })
    this.#output = output
    output.on('resize', () => this.emit('resize'))
  }

  get columns(): number {
    return this.#output.columns
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isHiding) this.#output.write(chunk)
    done() // at once: what was written before hiding began must not wait until then
  }
}
