// Puts a tap on all connections while somebody reads along, and takes it off again when nobody does.
// A tap that stays, for readers on a socket, is the one that is then used.

import type { NetContext } from '../../net/net-context.ts'
import type { TapFollower, TapHub } from '../tap/tap-hub.ts'
import type { TapReader, TapSink } from '../tap/tap-reader.ts'

export class TapSwitch {
  readonly #context: NetContext
  readonly #make: () => TapHub
  readonly #followers = new Set<TapFollower>()
  #hub: TapHub | null
  readonly #stays: boolean

  /** `hub` is on and stays on; null = there is none. */
  constructor(context: NetContext, hub: TapHub | null, make: () => TapHub) {
    this.#context = context
    this.#hub = hub
    this.#stays = hub !== null
    this.#make = make
  }

  /** Begins to write everything that passes to `sink`, as pcapng. */
  attach(sink: TapSink): TapReader {
    const reader = this.#on().attach(sink)
    this.#followers.add(reader)
    return reader
  }

  follow(follower: TapFollower): void {
    this.#on().follow(follower)
    this.#followers.add(follower)
  }

  /** A call more than needed does no harm. */
  detach(follower: TapFollower): void {
    if (!this.#followers.delete(follower)) return
    this.#hub?.detach(follower)
    if (this.#followers.size > 0 || this.#stays) return
    this.#hub = null // a new one next time: what it knew of the connections would be out of date
    this.#context.tap = null
  }

  #on(): TapHub {
    this.#hub ??= this.#make()
    this.#context.tap = this.#hub
    return this.#hub
  }
}
