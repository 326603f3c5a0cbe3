// A mosquitto broker in a process of its own, on free ports of the loopback interface, with its configuration in a temporary folder.
// It ends with close(); its log is kept for the message of a failing test.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Systems give ports from here upwards to outgoing connections: one of those could be taken before the program listens. */
const FIRST_EPHEMERAL = 32768
const LOWEST = 20000
const START_MS = 5000
const STOP_MS = 3000
const ATTEMPTS = 5

/** A port below the ephemeral ones that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (FIRST_EPHEMERAL - LOWEST))
    const probe = createServer()
    try {
      await once(probe.listen(port, '127.0.0.1'), 'listening')
    } catch {
      continue
    }
    probe.close()
    await once(probe, 'close')
    return port
  }
  throw new Error(`no free port between ${LOWEST} and ${FIRST_EPHEMERAL}`)
}

export interface MosquittoOptions {
  /** One entry per listener: the lines that follow its `listener` line. One plain listener unless given. */
  readonly listeners?: readonly (readonly string[])[]
  /** Lines before the listeners, beside those that every test wants. */
  readonly options?: readonly string[]
  /** Lines after the listeners, such as a bridge. */
  readonly after?: readonly string[]
  /** Files in the temporary folder, by name; `FOLDER` in a line stands for the folder. */
  readonly files?: Readonly<Record<string, string>>
  /** Where to listen; free ports unless given. */
  readonly ports?: readonly number[]
  /** Makes it say everything in its log. */
  readonly verbose?: boolean
}

export class Mosquitto {
  /** One per listener. */
  readonly ports: readonly number[]
  log = ''
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #looking = new Set<() => void>()

  private constructor(
    program: string,
    ports: readonly number[],
    { listeners = [[]], options = [], after = [], files = {}, verbose = false }: MosquittoOptions,
  ) {
    this.ports = ports
    this.#folder = mkdtempSync(join(tmpdir(), 'zanzara-mosquitto-'))
    const lines = [
      'user root',
      'allow_anonymous true',
      'persistence false',
      ...options,
      ...listeners.flatMap((more, i) => [`listener ${ports[i]} 127.0.0.1`, ...more]),
      ...after,
    ]
    writeFileSync(join(this.#folder, 'mosquitto.conf'), `${lines.map((line) => line.replaceAll('FOLDER', this.#folder)).join('\n')}\n`)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#folder, name), text, { mode: 0o600 })
    this.#child = spawn(program, ['-c', join(this.#folder, 'mosquitto.conf'), ...(verbose ? ['-v'] : [])], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      this.log += chunk
      for (const look of this.#looking) look()
    })
    this.#child.on('close', () => {
      for (const look of this.#looking) look()
    })
  }

  /** Starts it and waits until it listens. Throws with its log when it does not. */
  static async start(program: string, options: MosquittoOptions = {}): Promise<Mosquitto> {
    for (let attempt = 1; ; attempt++) {
      const ports = options.ports ?? (await Promise.all((options.listeners ?? [[]]).map(() => freePort())))
      const broker = new Mosquitto(program, ports, options)
      try {
        await broker.until(/mosquitto version \S+ running/)
        return broker
      } catch (error) {
        await broker.close()
        if (attempt === ATTEMPTS || !broker.log.includes('Address already in use')) throw error
      }
    }
  }

  get port(): number {
    return this.ports[0]!
  }

  /** What a file of its folder holds now. */
  read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8')
  }

  /** Waits until its log holds `pattern`. */
  async until(pattern: RegExp, timeoutMs = START_MS): Promise<RegExpExecArray> {
    let look = (): void => {}
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`mosquitto did not log ${String(pattern)} within ${timeoutMs} ms:\n${this.log}`)), timeoutMs)
      look = (): void => {
        const match = pattern.exec(this.log)
        const ended = this.#child.exitCode !== null || this.#child.signalCode !== null
        if (match === null && !ended) return
        clearTimeout(timer)
        if (match === null) reject(new Error(`mosquitto ended without logging ${String(pattern)}:\n${this.log}`))
        else resolve(match)
      }
      this.#looking.add(look)
      look()
    })
    return await found.finally(() => this.#looking.delete(look))
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async close(): Promise<void> {
    await this.#end('SIGTERM')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    this.#child.kill(signal)
    await closed
    clearTimeout(timer)
  }
}
