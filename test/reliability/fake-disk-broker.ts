// A broker in this process on a disk in memory, which can lose power, be full, or fail; clients come by real sockets.
// Its port stays the same over restarts. The program on real files is broker-under-test.ts.

import { expect, onTestFinished } from 'vitest'
import { Broker } from '../../src/broker/broker.ts'
import type { Limits } from '../../src/broker/limits.ts'
import { type Listener, listen } from '../../src/net/listener.ts'
import { createNetContext } from '../../src/net/net-context.ts'
import { restoreBroker } from '../../src/server/restore-broker.ts'
import { followStore, StorePersistence } from '../../src/server/stored-broker.ts'
import type { SyncMode } from '../../src/store/file-journal.ts'
import { Store } from '../../src/store/store.ts'
import { FakeFiles } from '../support/fake-files.ts'
import type { Random } from '../support/seeded-random.ts'

export interface FakeDiskOptions {
  readonly mode: SyncMode
  readonly segmentSize?: number
  readonly limits?: Partial<Limits>
  /** Says what a power cut loses. */
  readonly random: Random
}

const LIMITS: Partial<Limits> = { maximumQueuedMessages: 0, maximumQueuedBytes: 0, sysInterval: 0 }
const EVERY_MS = 20

export class FakeDiskBroker {
  files: FakeFiles
  store!: Store
  port = 0
  readonly #options: FakeDiskOptions
  #listener: Listener | null = null
  #timer: NodeJS.Timeout | null = null

  private constructor(options: FakeDiskOptions) {
    this.#options = options
    this.files = new FakeFiles(() => options.random(1_000_000) / 1_000_000)
  }

  static async start(options: FakeDiskOptions): Promise<FakeDiskBroker> {
    const broker = new FakeDiskBroker(options)
    onTestFinished(() => broker.#end())
    await broker.#open()
    return broker
  }

  /** In the midst of whatever it does: what was not synced is there or not, piece by piece. Starts again on what is left. */
  async cutPower(): Promise<void> {
    this.files.stopAt = this.files.operations + 1
    await this.restart(true)
  }

  /** Ends it as it is and starts it again; `power`: on what the disk had. */
  async restart(power: boolean): Promise<void> {
    await this.#end()
    this.files = this.files.restarted(power)
    await this.#open()
  }

  /** All connections end, nothing is told to anybody. */
  async #end(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.files.isStopped = true // nothing that happens from here on is stored
    await this.#listener?.close(true)
    this.#listener = null
    await this.store.close().catch(() => {})
  }

  async #open(): Promise<void> {
    const { mode, segmentSize = 1 << 20, limits = {} } = this.#options
    const context = createNetContext({})
    const clock = { now: () => performance.now() }
    this.store = await Store.open('/store', {
      files: this.files,
      mode,
      segmentSize,
      ballastSize: 65536,
      retryMs: 20,
      schedule: (task) => context.turn.before(task),
    })
    const persistence = new StorePersistence(this.store)
    const broker = new Broker({
      clock,
      pool: context.pool,
      newId: () => `${Math.random()}`,
      version: '0',
      wallClock: () => Date.now(),
      persistence,
      limits: { ...LIMITS, ...limits },
    })
    followStore(broker, this.store)
    await restoreBroker(broker, this.store, Date.now())
    const options = { transport: 'tcp', host: '127.0.0.1', path: null, ipv6Only: false, tls: null, maximumConnections: null, websocket: null } as const
    this.#listener = await listen(context, { ...options, port: this.port }, (link) => broker.accept(link))
    this.port = this.#listener.address.port
    expect(this.port).toBeGreaterThan(0)
    this.#timer = setInterval(() => broker.run(clock.now()), EVERY_MS)
  }
}
