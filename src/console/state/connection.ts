// One tab as the page knows it: signals fed by the Worker's events, and what can be done with it.
// Data stays in the Worker; here are only the few numbers that the frame shows.

import { type Signal, signal } from '@preact/signals'
import type { ConnectionNumbers, ConnectionPhase, Profile, SubscriptionOptions, SubscriptionState } from '../worker/protocol.ts'
import type { WorkerLink } from './worker-link.ts'

const NO_NUMBERS: ConnectionNumbers = {
  rate: 0,
  received: 0,
  kept: 0,
  bufferBytes: 0,
  bufferLimit: 1,
  dropped: 0,
  packetBytesMissed: 0,
  topicsBeyond: 0,
  ordinaryTopics: 0,
  roundTripMs: null,
  packetSource: 'client',
}

export class Connection {
  readonly id: number
  /** A capture file: there is no broker. */
  readonly isFile: boolean
  readonly profile: Signal<Profile>
  readonly phase: Signal<ConnectionPhase>
  readonly numbers: Signal<ConnectionNumbers> = signal(NO_NUMBERS)
  readonly subscriptions: Signal<readonly SubscriptionState[]> = signal([])
  readonly paused: Signal<boolean> = signal(false)
  /** Milliseconds since 1970 of the last pause. */
  readonly pausedAt: Signal<number> = signal(0)
  readonly isDemo: Signal<boolean> = signal(false)
  /** Base of the admin API of this broker, `/admin/v1`; null = there is none that we may use. */
  readonly admin: Signal<string | null>
  readonly #worker: WorkerLink

  constructor(id: number, isFile: boolean, profile: Profile, admin: string | null, worker: WorkerLink) {
    this.id = id
    this.isFile = isFile
    this.profile = signal(profile)
    this.admin = signal(admin)
    this.phase = signal<ConnectionPhase>(isFile ? { phase: 'file' } : { phase: 'connecting', stage: 'socket', socketMs: null, attempt: 1 })
    this.#worker = worker
  }

  get name(): string {
    return this.profile.value.name
  }

  /** Stops the screens, or lets them go on; recording goes on either way. */
  async pause(paused: boolean): Promise<void> {
    this.paused.value = paused
    if (paused) this.pausedAt.value = Date.now()
    await this.#worker.call('connection/pause', { connection: this.id, paused })
  }

  async connect(profile: Profile = this.profile.peek()): Promise<void> {
    this.profile.value = profile
    await this.#worker.call('connection/connect', { connection: this.id, profile })
  }

  async disconnect(): Promise<void> {
    await this.#worker.call('connection/disconnect', { connection: this.id })
  }

  async subscribe(subscription: SubscriptionOptions): Promise<void> {
    await this.#worker.call('subscription/add', { connection: this.id, subscription })
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#worker.call('subscription/remove', { connection: this.id, filter })
  }

  async mute(filter: string, muted: boolean): Promise<void> {
    await this.#worker.call('subscription/mute', { connection: this.id, filter, muted })
  }

  async runDemo(running: boolean): Promise<void> {
    this.isDemo.value = running
    await this.#worker.call('demo/run', { connection: this.id, running })
  }
}
