// A broker on a real store in a folder of its own, which can be killed and started again; clients are those of the test broker.
// A crash takes the files as they are: what was not written, marks that wait for company included, is lost.

import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrokerOptions } from '../../src/broker/broker-options.ts'
import type { ListenerRules } from '../../src/broker/listener-rules.ts'
import { restoreBroker } from '../../src/server/restore-broker.ts'
import { followStore, StorePersistence } from '../../src/server/stored-broker.ts'
import { Store } from '../../src/store/store.ts'
import { TestBroker } from './test-broker.ts'

export class RestartingBroker implements AsyncDisposable {
  b!: TestBroker
  store!: Store
  /** Rules of its other listeners, made anew at each start. */
  listeners: readonly ListenerRules[] = []
  readonly #options: Partial<BrokerOptions>
  readonly #folder: string
  readonly #makeListeners: (b: TestBroker) => readonly ListenerRules[]
  #life = 0
  /** Wall clock less the clock of the broker. */
  #away = 1_700_000_000_000

  static async start(options: Partial<BrokerOptions> = {}, makeListeners: (b: TestBroker) => readonly ListenerRules[] = () => []): Promise<RestartingBroker> {
    const it = new RestartingBroker(options, await mkdtemp(join(tmpdir(), 'zanzara-restart-')), makeListeners)
    await it.#open()
    return it
  }

  private constructor(options: Partial<BrokerOptions>, folder: string, makeListeners: (b: TestBroker) => readonly ListenerRules[]) {
    this.#makeListeners = makeListeners
    this.#options = options
    this.#folder = folder
  }

  /** All that was told is stored. */
  async settle(): Promise<void> {
    while (this.store.durableUpTo < this.store.ticket) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Killed after all was written that was told, and started again `awayMs` later. */
  async crash(awayMs = 0): Promise<TestBroker> {
    await this.settle()
    const from = this.#path
    this.#life++
    await this.store.journal.exclusively(() => cp(from, this.#path, { recursive: true, filter: (path) => !path.endsWith('lock') }))
    await this.#let(this.store)
    await rm(from, { recursive: true })
    return await this.#startAgain(awayMs)
  }

  /** Stopped and started again. */
  async restart(awayMs = 0): Promise<TestBroker> {
    this.b.broker.shutdown()
    await this.store.close()
    return await this.#startAgain(awayMs)
  }

  async segments(): Promise<string[]> {
    return (await readdir(this.#path)).filter((name) => name.endsWith('.zlog'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#let(this.store)
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #path(): string {
    return join(this.#folder, `${this.#life}`)
  }

  async #let(store: Store): Promise<void> {
    await store.close().catch(() => {})
  }

  async #startAgain(awayMs: number): Promise<TestBroker> {
    this.#away += awayMs + this.b.clock.now() - 1_000_000 // the clock of the next broker begins at a million
    await this.#open()
    return this.b
  }

  async #open(): Promise<void> {
    const wallClock = (): number => this.b.clock.now() + this.#away
    const startedAt = 1_000_000 + this.#away
    this.store = await Store.open(this.#path, {
      segmentSize: 1 << 20,
      batchSize: 65536,
      ballastSize: 4096,
      markAfterMs: 3_600_000, // by `save` and `restart` alone: whether a crash finds them must not depend on how fast this machine is
      now: () => (this.b === undefined ? startedAt : wallClock()),
    })
    this.b = new TestBroker({ ...this.#options, persistence: new StorePersistence(this.store), wallClock })
    followStore(this.b.broker, this.store)
    this.listeners = this.#makeListeners(this.b)
    await restoreBroker(this.b.broker, this.store, wallClock(), this.listeners)
  }
}
