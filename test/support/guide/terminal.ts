// A command as somebody types it into a terminal: in a shell, both outputs in one place, Ctrl-C to its whole group.
// Says what it printed; what that should be is guide-run's affair.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Until a line is printed, or a command ends; long, since other tests run beside. */
export const TIMEOUT_MS = 45_000

export interface TerminalOptions {
  /** To put before the shell. */
  readonly prefix: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export class Terminal {
  readonly command: string
  /** How many of `lines` the page has shown. */
  shown = 0
  /** Whether the page says that more may come. */
  mayGoOn = false
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  readonly #waiting = new Set<() => void>()
  #text = ''
  #isClosed = false

  constructor(command: string, options: TerminalOptions) {
    this.command = command
    const [program, ...args] = [...options.prefix, 'sh', '-c', `{ ${command}\n} 2>&1`]
    this.#child = spawn(program!, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#child.stdout!.setEncoding('utf8').on('data', (chunk: string) => this.#heard(chunk))
    this.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => this.#heard(chunk))
    this.#exit = once(this.#child, 'close').then(([code]) => code as number | null)
    void this.#exit.then(() => {
      this.#isClosed = true
      this.#changed()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whole lines; the last one also when it has no end yet but the command has ended. */
  get lines(): string[] {
    const lines = this.#text.split('\n')
    const last = lines.pop()!
    return this.#isClosed && last !== '' ? [...lines, last] : lines
  }

  /** Resolves with true once `judge` is content with the lines, false when time is up or nothing more can come. */
  async until(judge: () => boolean): Promise<boolean> {
    if (judge()) return true
    return await new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), TIMEOUT_MS)
      const finish = (value: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve(value)
      }
      const check = (): void => {
        if (judge()) finish(true)
        else if (this.#isClosed) finish(false)
      }
      this.#waiting.add(check)
    })
  }

  async ended(): Promise<boolean> {
    return await this.until(() => this.#isClosed)
  }

  /** To every program that the command started. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isClosed) return
    try {
      process.kill(-this.#child.pid!, signal)
    } catch {
      // it has just ended by itself
    }
  }

  #heard(chunk: string): void {
    this.#text += chunk
    this.#changed()
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check()
  }
}
