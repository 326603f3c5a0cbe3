// A run of load clients against one address, and the history they write together.
// Ends in quiet: everything healed, everybody connected, nothing more arriving; then the checker has its say.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { type Random, seeded } from '../support/seeded-random.ts'
import type { HistoryEvent } from './history.ts'
import { LoadPublisher, type PublisherOptions } from './load-publisher.ts'
import { LoadSubscriber, type SubscriberOptions } from './load-subscriber.ts'
import type { Address } from './mqtt-peer.ts'
import { type CheckOptions, checkHistory, describeVerdict, type Verdict } from './qos-checker.ts'

/** What may be found out about a run from outside, and the longest it may take to get quiet. */
const QUIET_MS = 400
const LONGEST_DRAIN_MS = 60_000

export class Load {
  readonly seed: number
  readonly random: Random
  readonly history: HistoryEvent[] = []
  readonly publishers: LoadPublisher[] = []
  readonly subscribers: LoadSubscriber[] = []
  /** Where clients connect; may be changed while they are away. */
  address: Address
  readonly #begin: number = performance.now()
  #connections = 0
  #received = 0
  #latest = 0

  constructor(address: Address, seed: number) {
    this.address = address
    this.seed = seed
    this.random = seeded(seed)
    onTestFinished(() => {
      for (const client of [...this.publishers, ...this.subscribers]) client.abandon()
    })
  }

  now(): number {
    return performance.now() - this.#begin
  }

  record(event: HistoryEvent): void {
    this.history.push(event)
    if (event.kind !== 'receive') return
    this.#received++
    this.#latest = event.at
  }

  get received(): number {
    return this.#received
  }

  nextConnection(): number {
    return ++this.#connections
  }

  publisher(id: string, options: PublisherOptions): LoadPublisher {
    const publisher = new LoadPublisher(this, id, options)
    this.publishers.push(publisher)
    return publisher
  }

  /** Connected and subscribed when the promise is kept. */
  async subscriber(id: string, filters: readonly string[], options: SubscriberOptions = {}): Promise<LoadSubscriber> {
    const subscriber = new LoadSubscriber(this, id, filters, options)
    this.subscribers.push(subscriber)
    await subscriber.comeBack()
    return subscriber
  }

  /**
   * Publishers finish what they have begun, absent subscribers return, and nothing more arrives: for so long, and in front of the answer to
   * a PINGREQ, since a machine that has much to do may stand still for longer.
   */
  async quiet(quietMs: number = QUIET_MS): Promise<void> {
    await Promise.all(this.publishers.map((publisher) => publisher.finish()))
    const begin = this.now()
    for (let isQuiet = false; !isQuiet && this.now() - begin < LONGEST_DRAIN_MS; ) {
      await Promise.all(this.subscribers.map((subscriber) => subscriber.comeBack()))
      this.#latest = Math.max(this.#latest, begin)
      while (this.now() - this.#latest < quietMs && this.now() - begin < LONGEST_DRAIN_MS) await sleep(20)
      const received = this.#received
      isQuiet = (await Promise.all(this.subscribers.map((subscriber) => subscriber.isAnswered()))).every(Boolean) && this.#received === received
    }
    this.record({ kind: 'quiet', at: this.now() })
  }

  /** A new client looks at what is retained. After `quiet`. */
  async readRetained(filter: string): Promise<void> {
    const reader = new LoadSubscriber(this, `reader of ${filter} ${this.#connections}`, [filter], { expirySeconds: 0, qos: 1, readsRetained: true })
    await reader.comeBack()
    const begin = this.now()
    this.#latest = begin
    while (this.now() - this.#latest < QUIET_MS && this.now() - begin < LONGEST_DRAIN_MS) await sleep(20)
    await reader.leave('disconnect')
  }

  /** Ends all connections; after the check. */
  async end(): Promise<void> {
    await Promise.all([...this.publishers, ...this.subscribers].map((client) => client.leave('disconnect')))
  }

  /** The verdict on the history so far, which must be that all rules hold. */
  check(options: Omit<CheckOptions, 'seed'> = {}): Verdict {
    const verdict = checkHistory(this.history, { seed: this.seed, ...options })
    if (verdict.violations.length > 0) expect.fail(describeVerdict(verdict))
    return verdict
  }
}
