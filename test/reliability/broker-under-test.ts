// The broker of a scenario in a process of its own: the program on a folder, to be killed, stopped and started again there;
// or the library with a report of what it holds. Both end with the test.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { builtProgram } from '../support/built.ts'

export interface ProgramSettings {
  /** Lines of its configuration file, behind the listener. `FOLDER` stands for its folder. */
  readonly lines?: readonly string[]
  /** What starts the program in its place, such as a shell that sets a limit; it gets the command line behind its own words. */
  readonly through?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const START_WITHIN_MS = 20_000
/** Ports that the system never gives to outgoing connections. */
const [FIRST_PORT, LAST_PORT] = [15_000, 32_000]

/** Root's broker would give up root, and then may not read the test's folder again at SIGHUP. */
const USER = process.getuid?.() === 0 ? ['user root'] : []

/** `zanzara broker -c FILE` on a port and in a folder that stay the same over restarts. */
export class BrokerUnderTest {
  readonly port: number
  readonly folder: string
  /** Everything it has said, over all starts. */
  log = ''
  readonly #settings: ProgramSettings
  #child: ChildProcess | null = null
  /** Where what the present process says begins in the log. */
  #from = 0

  private constructor(port: number, folder: string, settings: ProgramSettings) {
    this.port = port
    this.folder = folder
    this.#settings = settings
    this.configure(settings.lines ?? [])
  }

  static async start(settings: ProgramSettings = {}): Promise<BrokerUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-reliability-'))
    const broker = new BrokerUnderTest(await fixedPort(), folder, settings)
    onTestFinished(async () => {
      await broker.kill()
      rmSync(folder, { recursive: true, force: true })
    })
    await broker.restart()
    return broker
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** Writes the configuration file; for the next start or reload. */
  configure(lines: readonly string[]): void {
    const all = [
      `listener ${this.port} 127.0.0.1`,
      ...(lines.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true']),
      ...USER,
      ...lines,
    ]
    writeFileSync(join(this.folder, 'broker.conf'), `${all.join('\n').replaceAll('FOLDER', this.folder)}\n`)
  }

  /** Starts it on its folder, as after a crash; it listens when the promise is kept. */
  async restart(): Promise<void> {
    await this.launch()
    const child = this.#child!
    const end = performance.now() + START_WITHIN_MS
    while (!this.isListening) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > end) throw new Error(`the broker did not start:\n${this.#saidByThis}`)
      await sleep(5)
    }
  }

  /** Starts it, and waits for nothing: it may still be reading what is stored. */
  async launch(): Promise<void> {
    await this.kill()
    const { through = [], env = {} } = this.#settings
    const words = [...through, process.execPath, builtProgram(), 'broker', '-c', join(this.folder, 'broker.conf')]
    const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
    this.#child = child
    this.#from = this.log.length
    child.stderr!.on('data', (bytes: Buffer) => {
      this.log += bytes.toString()
    })
  }

  /** Whether it has come as far as to listen. */
  get isListening(): boolean {
    return / running$/m.test(this.#saidByThis)
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child!
    if (child.exitCode === null) await once(child, 'close')
    this.#child = null
    return child.exitCode
  }

  /** SIGKILL; does nothing when it is not running. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'close')
    child.kill('SIGCONT')
    child.kill('SIGKILL')
    await gone
  }

  /** Ends it as an operator does; returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child!
    const gone = once(child, 'close')
    child.kill('SIGTERM')
    const [code] = (await gone) as [number | null]
    this.#child = null
    return code
  }

  get #saidByThis(): string {
    return this.log.slice(this.#from)
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Bytes in memory. */
  rss(): number {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))![1]) * 1024
  }

  /** Milliseconds of CPU it has used. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }
}

export interface Report {
  readonly rss: number
  /** Bytes that live: heap and buffers, after a collection. */
  readonly held: number
  /** Since the last report. */
  readonly longestPauseMs: number
  readonly dropped: number
  readonly connections: number
  readonly sessions: number
}

/** startBroker of the library on 127.0.0.1, in a process that tells what it holds. */
export class MeasuredBroker {
  readonly port: number
  readonly #child: ChildProcess
  #died: string | null = null

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.on('exit', (code, signal) => {
      this.#died = `the broker ended: ${signal ?? code}`
    })
  }

  /** `options` are those of startBroker as JSON; `log: true` writes its lines to nobody. */
  static async start(options: Readonly<Record<string, unknown>> = {}): Promise<MeasuredBroker> {
    builtProgram()
    const all = JSON.stringify({ listeners: [{ host: '127.0.0.1', port: 0 }], ...options })
    const child = fork(new URL('../support/broker-process.mjs', import.meta.url), [all], { execArgv: ['--expose-gc'] })
    const ports = await new Promise<number[]>((resolve, reject) => {
      child.once('message', (message) => resolve((message as { ports: number[] }).ports))
      child.once('exit', (code) => reject(new Error(`the broker did not start: exit code ${code}`)))
    })
    const broker = new MeasuredBroker(child, ports[0]!)
    onTestFinished(() => broker.end())
    return broker
  }

  get pid(): number {
    return this.#child.pid!
  }

  async report(): Promise<Report> {
    if (this.#died !== null) throw new Error(this.#died)
    this.#child.send('report')
    return ((await once(this.#child, 'message')) as [Report])[0]
  }

  async end(): Promise<void> {
    if (this.#died !== null) return
    const gone = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    this.#child.send('stop', () => {})
    await gone
    clearTimeout(timer)
  }
}

/** A free port that no outgoing connection will take meanwhile. */
async function fixedPort(): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    const probe = createServer()
    try {
      probe.listen(port, '127.0.0.1')
      await once(probe, 'listening')
      probe.close()
      await once(probe, 'close')
      return port
    } catch (error) {
      if (attempt === 50) throw error
    }
  }
}
