// Messages that do not come in by a connection: wills, `$SYS`, those of a bridge or of the program around the broker.
// They wait while a run is being routed, for they would overwrite its variants.

import type { Clock } from '../base/clock.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import type { Publish, Qos } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'
import { WillEnd } from './ports.ts'
import type { Publisher, Router } from './routing/router.ts'
import type { Session } from './session.ts'
import type { StoredMessages } from './stored-messages.ts'

interface Waiting {
  readonly publisher: Publisher
  readonly packet: Publish
  /** Number of the stored session whose will it is, else 0. */
  readonly willOf: number
  /** Which subscribers get it; null = all. */
  readonly isMeant: ((session: Session) => boolean) | null
}

/** A message of the broker's own side: `$SYS`, a bridge, a program that embeds the broker. */
export interface BrokerMessage {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties
}

export class InnerPublishes {
  readonly #router: Router
  readonly #clock: Clock
  readonly #stored: StoredMessages | null
  readonly #waiting: Waiting[] = []

  constructor(router: Router, clock: Clock, stored: StoredMessages | null) {
    this.#stored = stored
    this.#router = router
    this.#clock = clock
  }

  /** Now, or after the run that is being routed. `willOf` is the number of the stored session whose will it is. */
  publish(publisher: Publisher, packet: Publish, willOf = 0): void {
    this.#add({ publisher, packet, willOf, isMeant: null })
  }

  /** As `publish`, but to some of its subscribers only; QoS 0 or 1, not retained. */
  publishTo(isMeant: (session: Session) => boolean, publisher: Publisher, packet: Publish): void {
    this.#add({ publisher, packet, willOf: 0, isMeant })
  }

  publishWaiting(): void {
    this.#router.hasWaiting = false
    this.#router.isUnsent = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const waiting = next
      if (this.#stored === null || waiting.willOf === 0) this.#route(waiting)
      else {
        const { persistence } = this.#stored
        persistence.together(() => {
          this.#route(waiting)
          persistence.willEnded(waiting.willOf, WillEnd.Published)
        })
      }
    }
    this.#router.isUnsent = false
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#router.busy) this.#router.hasWaiting = true
    else this.publishWaiting()
  }

  #route({ publisher, packet, isMeant }: Waiting): void {
    const bytes = encodePacket(packet, 5)
    const run = new PublishRun()
    readRun(run, bytes, 0, bytes.length, 5)
    if (isMeant !== null) this.#router.routeTo(publisher, run, isMeant)
    else if (packet.qos < 2) this.#router.route(publisher, run)
    else if (this.#router.admit(publisher, run) < 0x80) this.#router.routeAdmitted(publisher, run, this.#clock.now())
  }
}
