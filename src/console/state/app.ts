// Everything the components share: the Worker, tabs, selection, route, settings, keys, words, and the few things a page does for its user.
// Made once in main.tsx and handed down by app-context.ts.

import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Catalogue } from '../words/catalogue.ts'
import { PayloadMask } from '../worker/payload-mask.ts'
import { AdminSession, type Fetch } from './admin-session.ts'
import type { Connection } from './connection.ts'
import { Connections } from './connections.ts'
import { EventList } from './event-list.ts'
import { Keyboard } from './keyboard.ts'
import { type Hash, Route } from './route.ts'
import { Selection } from './selection.ts'
import { Settings, type Storage, type Surroundings } from './settings.ts'
import { WorkerLink, type WorkerPort } from './worker-link.ts'

/** What lies over the sheet. */
export type Overlay = 'publish' | 'palette' | 'keys' | 'connect' | 'edit-connection' | 'events' | 'settings' | 'subscribe' | 'login' | 'mask' | 'import'

export interface AppEnvironment extends Surroundings {
  readonly port: WorkerPort
  readonly hash: Hash
  readonly fetch: Fetch
  copy(text: string): Promise<void>
  save(name: string, mimeType: string, bytes: Uint8Array): void
}

/** What the publish drawer opens with. */
export interface PublishStart {
  readonly topic: string
  readonly payload: Uint8Array | null
}

/** The topics of two connections, left and right. */
export interface Compared {
  readonly here: Connection
  readonly there: Connection
}

export class App {
  readonly worker: WorkerLink
  readonly events: EventList = new EventList()
  readonly selection: Selection = new Selection()
  readonly settings: Settings
  /** Which payloads are shown as dots; the Worker's parts of the page are told the same. */
  readonly mask: ReadonlySignal<PayloadMask>
  /** What the browser keeps between visits. */
  readonly storage: Storage
  readonly connections: Connections
  /** The broker that served the page. */
  readonly admin: AdminSession
  readonly route: Route
  readonly keys: Keyboard
  readonly overlay: Signal<Overlay | null> = signal(null)
  /** A file for the overlay that reads it. */
  readonly dropped: Signal<File | null> = signal(null)
  readonly publishStart: Signal<PublishStart | null> = signal(null)
  /** Two connections side by side, under what else lies over the sheet; null = none are. */
  readonly compared: Signal<Compared | null> = signal(null)
  readonly #environment: AppEnvironment

  constructor(environment: AppEnvironment) {
    this.#environment = environment
    this.worker = new WorkerLink(environment.port)
    this.storage = environment.storage
    this.settings = new Settings(environment)
    const { masks, maskFilters } = this.settings
    this.mask = computed(() => new PayloadMask(masks.value ? maskFilters.value : null))
    effect(() => {
      this.worker.call('mask/set', { filters: masks.value ? maskFilters.value : null }).catch(() => {})
    })
    this.connections = new Connections(this.worker, environment.storage, this.events)
    this.admin = new AdminSession(environment.fetch)
    this.route = new Route(environment.hash, this.selection, 'topics')
    this.keys = new Keyboard(() => this.settings.singleKeys.peek())
  }

  /** In the language of the user; components that call it follow a change. */
  words<Words>(catalogue: Catalogue<Words>): Words {
    return catalogue[this.settings.language.value]
  }

  /** Opens the drawer with a topic and perhaps a payload in it. */
  publish(topic: string, payload: Uint8Array | null = null): void {
    this.publishStart.value = { topic, payload }
    this.overlay.value = 'publish'
  }

  /** False when the browser did not let us. */
  async copy(text: string): Promise<boolean> {
    try {
      await this.#environment.copy(text)
      return true
    } catch {
      return false
    }
  }

  /** Gives the user a file. */
  save(name: string, mimeType: string, bytes: Uint8Array): void {
    this.#environment.save(name, mimeType, bytes)
  }
}
