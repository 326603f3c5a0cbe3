// What a client keeps of its session when the connection goes [MQTT-4.1.0-1]: messages on their way in both directions, identifiers.
// Belongs to one Client Identifier at one server; connections (client-connection.ts) borrow it one after another.

import { IncomingMessages } from './client-incoming.ts'
import type { SessionJournal, StoredSession } from './client-journal.ts'
import { OutgoingDeliveries } from './client-outgoing.ts'
import { ClientPacketIds } from './client-packet-ids.ts'

export class ClientSession {
  readonly packetIds: ClientPacketIds = new ClientPacketIds()
  readonly outgoing: OutgoingDeliveries
  readonly incoming: IncomingMessages

  /** `journal` keeps it beyond the program; null = nobody does. */
  constructor(journal: SessionJournal | null = null) {
    this.outgoing = new OutgoingDeliveries(this.packetIds, journal)
    this.incoming = new IncomingMessages(journal)
  }

  /** Goes on where an earlier program ended. Before the first connection. */
  restore({ outgoing, incoming }: StoredSession): void {
    this.outgoing.restore(outgoing)
    this.incoming.restore(incoming)
  }
}

/** A session as a connection uses it. A bridge has one whose state is kept in its own broker (bridge/relay). */
export interface BorrowedSession {
  readonly packetIds: Pick<ClientPacketIds, 'take' | 'give'>
  readonly outgoing: Pick<OutgoingDeliveries, 'resume' | 'restart' | 'pump' | 'acknowledged'> & Partial<Pick<OutgoingDeliveries, 'sendNow'>>
  readonly incoming: Pick<IncomingMessages, 'begin' | 'end' | 'receive' | 'release'>
}
