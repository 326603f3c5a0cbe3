// What the broker knows of connections that are open: for who begins to look at them in the middle.
// Asked once for each connection; sessions are gone through once in all.

import type { Peer } from '../../base/link.ts'
import type { Broker } from '../../broker/broker.ts'
import type { Session } from '../../broker/session.ts'
import type { KnownConnection } from '../../faults/live-witness.ts'

/** Tells of connections that are open at the time of this call. */
export function knownConnections(broker: Broker): (peer: Peer) => KnownConnection | null {
  const sessions = new WeakMap<Peer, Session>()
  for (const session of broker.sessions.values()) if (session.connection !== null) sessions.set(session.connection.link.peer, session)
  return (peer) => {
    const session = sessions.get(peer)
    const connection = session?.connection ?? null
    if (session === undefined || connection?.link.peer !== peer) return null // taken over by another connection meanwhile
    const client = new Map<number, string>()
    for (const [alias, name] of connection.aliases?.names ?? []) client.set(alias, Buffer.from(name).toString())
    return { clientId: session.clientId, version: connection.version, aliases: { client, broker: aliasesTowards(broker, session) } }
  }
}

/** An alias of a topic that the broker has forgotten is never used again. */
function aliasesTowards(broker: Broker, { aliases, rules }: Session): Map<number, string> {
  const told = new Map<number, string>()
  if (aliases === null || aliases.byTopic.size === 0) return told
  for (const [id, name] of broker.topics.namesOf(aliases.byTopic)) told.set(aliases.byTopic.get(id)!, name.slice(rules.mountPoint.length))
  return told
}
