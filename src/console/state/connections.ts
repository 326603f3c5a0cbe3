// The tabs on top: which there are, which one is shown, and what is kept of them in the browser between visits (never passwords).
// Events of the Worker find their tab here.

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Profile, SubscriptionOptions } from '../worker/protocol.ts'
import { Connection } from './connection.ts'
import type { EventList } from './event-list.ts'
import type { Storage } from './settings.ts'
import type { WorkerLink } from './worker-link.ts'

const STORED = 'zanzara.profiles'
const KEPT_PROFILES = 200

export const DEFAULT_SUBSCRIPTION: SubscriptionOptions = { filter: '#', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 0 }

export const EMPTY_PROFILE: Profile = {
  name: '',
  url: '',
  clientId: '',
  userName: '',
  password: '',
  version: 5,
  cleanStart: true,
  keepAlive: 30,
  subscriptions: [DEFAULT_SUBSCRIPTION, { ...DEFAULT_SUBSCRIPTION, filter: '$SYS/#', qos: 0 }],
  muted: [],
  stream: null,
}

export class Connections {
  readonly list: Signal<readonly Connection[]> = signal([])
  readonly current: ReadonlySignal<Connection | null>
  /** Profiles used before, the last one first; without passwords. */
  readonly known: Signal<readonly Profile[]>
  readonly #currentId: Signal<number> = signal(0)
  readonly #worker: WorkerLink
  readonly #storage: Storage

  constructor(worker: WorkerLink, storage: Storage, events: EventList) {
    this.#worker = worker
    this.#storage = storage
    this.known = signal(readProfiles(storage))
    this.current = computed(() => this.list.value.find(({ id }) => id === this.#currentId.value) ?? this.list.value[0] ?? null)
    worker.on('connection/phase', ({ connection, phase }) => {
      const found = this.#find(connection)
      if (found === null) return
      found.phase.value = phase
      events.phase(found.name, phase)
    })
    worker.on('connection/numbers', ({ connection, ...numbers }) => {
      const found = this.#find(connection)
      if (found !== null) found.numbers.value = numbers
    })
    worker.on('subscriptions/state', ({ connection, subscriptions }) => {
      const found = this.#find(connection)
      if (found !== null) found.subscriptions.value = subscriptions
    })
    worker.on('notice', ({ connection, level, what }) => events.add(level, this.#find(connection)?.name ?? '', what))
  }

  /** Opens a tab and shows it. `admin`: base of the admin API of the same broker. */
  async open(profile: Profile, admin: string | null = null): Promise<Connection> {
    // what was muted there before stays so
    const before = this.known.peek().find(({ name, url }) => name === profile.name && url === profile.url)
    const whole = profile.muted.length > 0 || before === undefined ? profile : { ...profile, muted: before.muted }
    this.#remember(whole)
    const id = await this.#worker.call('connection/open', { profile: whole })
    return this.#add(new Connection(id, false, whole, admin, this.#worker))
  }

  /** Opens a tab for a capture; its screen reads the file. */
  async openFile(file: { readonly name: string }): Promise<Connection> {
    const id = await this.#worker.call('connection/open-file', { name: file.name })
    return this.#add(new Connection(id, true, { ...EMPTY_PROFILE, name: file.name }, null, this.#worker))
  }

  /** Connects a tab again, with other data. */
  async change(connection: Connection, profile: Profile): Promise<void> {
    this.#remember(profile)
    await connection.connect(profile)
  }

  /** Profiles for later, behind those used before; without passwords. */
  keep(profiles: readonly Profile[]): void {
    const before = this.known.peek()
    const isNew = (one: Profile): boolean => before.every(({ name, url }) => name !== one.name || url !== one.url)
    this.known.value = [...before, ...profiles.filter(isNew).map((one) => ({ ...one, password: '' }))].slice(0, KEPT_PROFILES)
    this.#storage.setItem(STORED, JSON.stringify(this.known.peek()))
  }

  /** The branches of the tree that are not shown from now on; kept with the connection. */
  async mute(connection: Connection, muted: readonly string[]): Promise<void> {
    const profile = { ...connection.profile.peek(), muted }
    connection.profile.value = profile
    this.#remember(profile)
    await this.#worker.call('topics/mute', { connection: connection.id, paths: muted })
  }

  show(connection: Connection): void {
    this.#currentId.value = connection.id
  }

  async close(connection: Connection): Promise<void> {
    await this.#worker.call('connection/close', { connection: connection.id })
    this.list.value = this.list.peek().filter((one) => one !== connection)
  }

  forget(profile: Profile): void {
    this.known.value = this.known.peek().filter(({ name, url }) => name !== profile.name || url !== profile.url)
    this.#storage.setItem(STORED, JSON.stringify(this.known.peek()))
  }

  #add(connection: Connection): Connection {
    this.list.value = [...this.list.peek(), connection]
    this.#currentId.value = connection.id
    return connection
  }

  #find(id: number): Connection | null {
    return this.list.peek().find((one) => one.id === id) ?? null
  }

  #remember(profile: Profile): void {
    const others = this.known.peek().filter(({ name, url }) => name !== profile.name || url !== profile.url)
    this.known.value = [{ ...profile, password: '' }, ...others].slice(0, KEPT_PROFILES)
    this.#storage.setItem(STORED, JSON.stringify(this.known.peek()))
  }
}

/** What an earlier visit left; anything unreadable is nothing. */
function readProfiles(storage: Storage): Profile[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(STORED) ?? '[]')
    if (!Array.isArray(stored)) return []
    return stored
      .filter((one): one is Partial<Profile> => typeof one?.name === 'string' && typeof one.url === 'string')
      .map((one) => ({ ...EMPTY_PROFILE, ...one, muted: textsOf(one.muted), password: '' }))
  } catch {
    return []
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
