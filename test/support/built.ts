// The program as users start it: makes sure it is built, starts it, watches what it prints, ends it with the test.
// ZZ_PROGRAM names another one to test instead, such as an installed package's bin/zanzara.js.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const TIMEOUT_MS = 40_000

let entry: string | null = null

/** Path of the program's JavaScript entry; built at the first call. */
export function builtProgram(): string {
  if (entry !== null) return entry
  const given = process.env['ZZ_PROGRAM']
  if (given === undefined) {
    const { status, stderr } = spawnSync(process.execPath, [`${root}scripts/ensure-built.mjs`], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`the program cannot be built:\n${stderr}`)
  }
  entry = given ?? `${root}dist/cli/zanzara.js` // not bin/, which would build again if a source changed meanwhile
  return entry
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A started program. */
export class Program {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #waiting = new Set<() => void>()
  readonly #exit: Promise<number>

  constructor(args: readonly string[], options: ProgramOptions = {}) {
    const { NO_COLOR: _colour, INIT_CWD: _cwd, ...env } = process.env
    this.child = spawn(process.execPath, [builtProgram(), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd ?? root,
      env: { ...env, ...options.env },
    })
    this.child.stdout!.on('data', (chunk: Buffer) => this.#heard('stdout', chunk))
    this.child.stderr!.on('data', (chunk: Buffer) => this.#heard('stderr', chunk))
    this.#exit = once(this.child, 'close').then(
      ([code, signal]) => (code as number | null) ?? Promise.reject(new Error(`ended by ${String(signal)}\n${this.stderr}`)),
    )
    this.#exit.catch(() => {})
  }

  /** Lines of stderr without their time stamps. */
  get log(): string[] {
    return this.stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^\d+: /, ''))
  }

  /** Resolves with the text once `stream` holds `pattern`. */
  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    let check = (): void => {}
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${why}: no ${String(pattern)} in ${stream}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`))
      const timer = setTimeout(() => fail('timed out'), TIMEOUT_MS)
      check = (): void => {
        const match = pattern.exec(this[stream])
        if (match === null) return
        clearTimeout(timer)
        resolve(match)
      }
      this.child.once('close', () => {
        clearTimeout(timer)
        fail('it ended')
      })
      this.#waiting.add(check)
      check()
    })
    return await found.finally(() => this.#waiting.delete(check))
  }

  /** The exit code, once it has ended by itself or by `signal`. */
  async ended(signal?: NodeJS.Signals): Promise<number> {
    if (signal !== undefined) this.child.kill(signal)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`still running after ${TIMEOUT_MS} ms\nstdout: ${this.stdout}\nstderr: ${this.stderr}`)), TIMEOUT_MS)
    })
    return await Promise.race([this.#exit, late]).finally(() => clearTimeout(timer))
  }

  #heard(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString()
    for (const check of this.#waiting) check()
  }
}

/** Starts the program with these arguments; it ends with the test at the latest. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const program = new Program(args, options)
  onTestFinished(() => void program.child.kill('SIGKILL'))
  return program
}

/** A TCP port that nobody uses on 127.0.0.1 now: for programs that cannot be told to choose one. */
export async function unusedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
