// Groups of $share/NAME/FILTER: each message to one member [MQTT 5.0, section 4.8.2]. Also for 3.1.1, as in Mosquitto.
// Round robin, message by message, long runs in pieces; members with a connection come first.

import type { Qos } from '../../wire/mqtt/packet.ts'
import type { WireVersion } from '../../wire/mqtt/publish-run.ts'
import { varintSize } from '../../wire/mqtt/varint.ts'
import type { Subscription } from './subscription.ts'

/** Packets of a run that are dealt one by one, as everybody expects to see; longer runs are dealt in pieces. */
const DEALT_SINGLY = 64

export class SharedGroup {
  readonly members: Subscription[] = []
  #turn = 0

  /** Adds a member, or replaces its earlier subscription in place. */
  join(subscription: Subscription): void {
    const place = this.#placeOf(subscription)
    if (place < 0) this.members.push(subscription)
    else this.members[place] = subscription
  }

  /** Removes the member with this subscription's session. */
  leave(subscription: Subscription): void {
    const place = this.#placeOf(subscription)
    if (place >= 0) this.members.splice(place, 1)
  }

  /**
   * The member whose turn it is for a packet of this QoS, size and version: those with a connection first, then those whose session keeps
   * the message for them; null when nobody takes it.
   */
  next(members: readonly Subscription[], qos: Qos, size: number, version: WireVersion): Subscription | null {
    let offline = -1
    for (let i = 0; i < members.length; i++) {
      const place = (this.#turn + i) % members.length
      const member = members[place]!
      if (size + added(member, version) > member.session.maximumPacketSize) continue // another member may take it [MQTT-3.1.2-25]
      if (member.session.isOnline) {
        this.#turn = place + 1
        return member
      }
      if (offline < 0 && qos > 0 && member.qos > 0 && !member.session.isStuffed) offline = place
    }
    if (offline < 0) return null
    this.#turn = offline + 1
    return members[offline]!
  }

  /** How many packets of a run each member gets in its turn: its share of a long run when all are there and take the largest packet, else one. */
  pieceOf(members: readonly Subscription[], count: number, largest: number, version: WireVersion): number {
    if (count <= DEALT_SINGLY) return 1
    for (const member of members) if (!member.session.isOnline || largest + added(member, version) > member.session.maximumPacketSize) return 1
    return Math.ceil(count / members.length)
  }

  #placeOf({ session }: Subscription): number {
    return this.members.findIndex((member) => member.session === session)
  }
}

/** Bytes that the packet grows by for this member: Subscription Identifiers, and a Property Length where there was none. */
function added({ session, identifiers }: Subscription, version: WireVersion): number {
  if (session.version !== 5) return 0
  let bytes = version === 5 ? 0 : 1
  for (const identifier of identifiers ?? []) bytes += 1 + varintSize(identifier)
  return bytes
}
