// Will Messages: published when a connection ends without a normal DISCONNECT, after the Will Delay Interval [section 3.1.2.5].
// Whether the end was normal is the broker's decision; here is when, and that it happens once.

import { Deadline, type Deadlines } from '../base/deadlines.ts'
import { PacketType, type Publish, type Will } from '../wire/mqtt/packet.ts'
import type { Session } from './session.ts'

export class Wills {
  readonly #deadlines: Deadlines
  readonly #publish: (session: Session, packet: Publish) => void

  constructor(deadlines: Deadlines, publish: (session: Session, packet: Publish) => void) {
    this.#deadlines = deadlines
    this.#publish = publish
  }

  /** The connection broke at `now`: the will follows after its delay, or the session's end if that is earlier [MQTT-3.1.3-9]. */
  schedule(session: Session, now: number): void {
    const will = session.will
    if (will === null) return
    const delay = Math.min(will.properties.willDelayInterval ?? 0, session.sessionExpiryInterval)
    if (delay === 0) this.publish(session)
    else {
      session.willDeadline ??= new Deadline(() => this.publish(session))
      this.#deadlines.set(session.willDeadline, now + delay * 1000)
    }
  }

  /** Now: its time has come, or the session ends [MQTT-3.1.2-8]. Does nothing when there is none. */
  publish(session: Session): void {
    const will = session.will
    this.cancel(session)
    if (will !== null) this.#publish(session, messageOf(will))
  }

  /** The client came back in time, or said goodbye [MQTT-3.1.2-10]. */
  cancel(session: Session): void {
    if (session.willDeadline !== null) this.#deadlines.cancel(session.willDeadline)
    session.will = null
  }
}

function messageOf(will: Will): Publish {
  const { willDelayInterval: _delay, ...properties } = will.properties
  return {
    type: PacketType.Publish,
    topicName: will.topicName,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain,
    dup: false,
    packetId: will.qos === 0 ? 0 : 1,
    properties,
  }
}
