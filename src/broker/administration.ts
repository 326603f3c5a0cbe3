// What whoever changes rights by messages does to clients beside granting or denying: answers them, sends them away, ends subscriptions.
// Who may ask for it is the handlers' affair (ports.ts, ControlHandler).

import { PacketType, type Publish } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import { ReasonCode } from '../wire/mqtt/reason-codes.ts'
import type { Authorizers } from './authorizers.ts'
import type { InnerPublishes } from './inner-publishes.ts'
import type { ListenerRules } from './listener-rules.ts'
import type { Publisher } from './routing/router.ts'
import type { Subscriptions } from './routing/subscriptions.ts'
import type { Session } from './session.ts'

/** A session, connected or not. */
interface Named {
  readonly clientId: string
  readonly userName: string | null
  readonly rules: ListenerRules
}

/** A client that is connected now. */
export interface ConnectedClient extends Named {
  readonly address: string
  /** Ends its connection (5.0: 0x98); its session stays as long as was agreed. */
  readonly end: () => void
}

export class Administration {
  readonly #sessions: ReadonlyMap<string, Session>
  readonly #subscriptions: Subscriptions
  readonly #inner: InnerPublishes
  readonly #self: Publisher
  readonly #authorizers: Authorizers

  constructor(sessions: ReadonlyMap<string, Session>, subscriptions: Subscriptions, inner: InnerPublishes, self: Publisher, authorizers: Authorizers) {
    this.#sessions = sessions
    this.#subscriptions = subscriptions
    this.#inner = inner
    this.#self = self
    this.#authorizers = authorizers
  }

  connected(isMeant: (session: Named) => boolean): readonly ConnectedClient[] {
    const found: ConnectedClient[] = []
    for (const session of this.#sessions.values()) {
      const { connection, clientId, userName, rules } = session
      if (connection === null || !isMeant(session)) continue
      const end = (): void => session.connection?.end('not-authorised', ReasonCode.AdministrativeAction)
      found.push({ clientId, userName, rules, address: connection.link.peer.address, end })
    }
    return found
  }

  /** What a control topic answers, QoS 0: to whoever has subscribed to it and may read it, on the listeners that are meant. */
  answer(isMeant: (rules: ListenerRules) => boolean, topicName: string, payload: Uint8Array): void {
    const packet: Publish = { type: PacketType.Publish, dup: false, qos: 0, retain: false, topicName, packetId: 0, properties: NO_PROPERTIES, payload }
    this.#inner.publishTo(({ rules }) => isMeant(rules), this.#self, packet)
  }

  /** After a change of rights: ends the subscriptions of the sessions meant, connected or not, that would not be granted now. */
  recheckSubscriptions(isMeant: (session: Named) => boolean): void {
    for (const session of this.#sessions.values()) if (isMeant(session)) this.#recheck(session)
  }

  /** Somebody else has this session now, or it is back after a restart: where rights change by messages, they may have changed meanwhile. */
  returned(session: Session): void {
    if ((session.rules.controls?.size ?? 0) > 0) this.#recheck(session)
  }

  #recheck(session: Session): void {
    const { authorizer, clientId, userName } = session
    const mayStay = (topicFilter: string): boolean =>
      this.#authorizers.ask(clientId, () => authorizer.maySubscribe(clientId, userName, topicFilter)).endsWith('allow')
    this.#subscriptions.recheck(session, mayStay)
  }
}
