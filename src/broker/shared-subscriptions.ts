// Groups of $share/NAME/FILTER: each message to one member [MQTT 5.0, section 4.8.2]. Also for 3.1.1, as in Mosquitto.
// Round robin, message by message; members with a connection come first.

import type { WireVersion } from '../wire/mqtt/publish-run.ts'
import { varintSize } from '../wire/mqtt/varint.ts'
import type { Subscription } from './subscription.ts'

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

  /** The member whose turn it is among `members`, at first those with a connection, that can take a packet of this size and version; null when none can. */
  next(members: readonly Subscription[], size: number, version: WireVersion): Subscription | null {
    let offline: Subscription | null = null
    for (let i = 0; i < members.length; i++) {
      const member = members[this.#turn++ % members.length]!
      if (size + added(member, version) > member.session.maximumPacketSize) continue // another member may take it [MQTT-3.1.2-25]
      if (member.session.isOnline) return member
      offline ??= member
    }
    return offline
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
