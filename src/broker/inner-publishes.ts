// Messages that do not come in by a connection: wills, `$SYS`, those of a bridge or of the program around the broker.
// They wait while a run is being routed, for they would overwrite its variants.

import type { Clock } from '../base/clock.ts'
import { encodePacket } from '../wire/mqtt/encode.ts'
import { readRun } from '../wire/mqtt/framer.ts'
import type { Publish, Qos } from '../wire/mqtt/packet.ts'
import type { Properties } from '../wire/mqtt/properties.ts'
import { PublishRun } from '../wire/mqtt/publish-run.ts'
import type { Publisher, Router } from './routing/router.ts'

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
  readonly #waiting: { readonly publisher: Publisher; readonly packet: Publish }[] = []

  constructor(router: Router, clock: Clock) {
    this.#router = router
    this.#clock = clock
  }

  /** Now, or after the run that is being routed. */
  publish(publisher: Publisher, packet: Publish): void {
    this.#waiting.push({ publisher, packet })
    if (this.#router.busy) this.#router.hasWaiting = true
    else this.publishWaiting()
  }

  publishWaiting(): void {
    this.#router.hasWaiting = false
    this.#router.isUnsent = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const bytes = encodePacket(next.packet, 5)
      const run = new PublishRun()
      readRun(run, bytes, 0, bytes.length, 5)
      if (next.packet.qos < 2) this.#router.route(next.publisher, run)
      else if (this.#router.admit(next.publisher, run) < 0x80) this.#router.routeAdmitted(next.publisher, run, this.#clock.now())
    }
    this.#router.isUnsent = false
  }
}
