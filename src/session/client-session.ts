// What a client keeps of its session when the connection goes [MQTT-4.1.0-1]: messages on their way in both directions, identifiers.
// Belongs to one Client Identifier at one server; connections (client-connection.ts) borrow it one after another.

import { IncomingMessages } from './client-incoming.ts'
import { OutgoingDeliveries } from './client-outgoing.ts'
import { ClientPacketIds } from './client-packet-ids.ts'

export class ClientSession {
  readonly packetIds: ClientPacketIds = new ClientPacketIds()
  readonly outgoing: OutgoingDeliveries = new OutgoingDeliveries(this.packetIds)
  readonly incoming: IncomingMessages = new IncomingMessages()
}

/** A session as a connection uses it. A bridge has one whose state is kept in its own broker (bridge/relay). */
export interface BorrowedSession {
  readonly packetIds: Pick<ClientPacketIds, 'take' | 'give'>
  readonly outgoing: Pick<OutgoingDeliveries, 'resume' | 'restart' | 'pump' | 'acknowledged'>
  readonly incoming: Pick<IncomingMessages, 'begin' | 'end' | 'receive' | 'release'>
}
