// Two links that are each other's peer, within one program: what one writes the other reads in a later turn.
// With the back-pressure of sockets: who does not read makes the other's output fill up.

import type { Accept, Peer } from '../base/link.ts'
import type { NetContext } from './net-context.ts'
import { type Carrier, SocketLink, StallAt } from './socket-link.ts'

/** One end: hands what was written to the other end's link, uncopied. */
class MemoryCarrier implements Carrier {
  link!: SocketLink
  other!: MemoryCarrier
  #waiting: Buffer[] = []
  #isPaused = false
  #isScheduled = false
  /** This end says nothing more. */
  #hasEnded = false
  #isGone = false

  get writableLength(): number {
    return this.#waiting.length
  }

  write(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#schedule()
  }

  end(): void {
    this.#hasEnded = true
    this.#schedule()
  }

  destroy(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#waiting = []
    this.#schedule()
  }

  /** This end does not read. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.other.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#work()
    })
  }

  /** Both ends go together, as soon as one is gone or both have nothing more to say. */
  #work(): void {
    const { other } = this
    if (this.#isGone || other.#isGone) {
      this.#isGone = other.#isGone = true
      this.link.closed()
      other.link.closed()
      return
    }
    while (this.#waiting.length > 0 && !other.#isPaused) {
      const bytes = this.#waiting.shift()!
      if (!other.link.read(bytes, 0, bytes.length)) other.#isPaused = true
      if (this.#isGone || other.#isGone) {
        this.#schedule()
        return
      }
    }
    if (this.#waiting.length > 0) return
    this.link.written()
    if (!this.#hasEnded) return
    if (other.#hasEnded && other.#waiting.length === 0) this.destroy()
    else other.link.peerEnded()
  }
}

/** Opens both ends: `server` is asked first. The peer of both is `peer`. */
export function openMemoryPair(context: NetContext, peer: Peer, server: Accept, client: Accept): SocketLink {
  const [near, far] = [new MemoryCarrier(), new MemoryCarrier()]
  near.other = far
  far.other = near
  near.link = new SocketLink(context, near, peer, StallAt.Accepted)
  far.link = new SocketLink(context, far, peer, StallAt.Dialled)
  near.link.start(server)
  far.link.start(client)
  return far.link
}
