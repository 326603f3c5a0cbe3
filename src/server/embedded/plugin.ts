// What a plugin of the embedded broker looks like: hooks, each of which may be missing, and what they are told.
// Who calls them, in which order and what becomes of their faults is plugins.ts.

import type { Message, Payload } from '../../client/message.ts'
import type { EndCause } from '../../session/effects.ts'
import type { Packet, Qos } from '../../wire/mqtt/packet.ts'
import type { Properties } from '../../wire/mqtt/properties.ts'
import type { RunningBroker } from '../start-broker.ts'

/** A client as the broker knows it. */
export interface ClientInfo {
  /** Client Identifier; in `onConnect` empty as long as the broker has to assign one. */
  readonly id: string
  /** User name; null without one. */
  readonly username: string | null
  /** IP address; empty for Unix sockets, streams given to `handle`, and clients that are not connected. */
  readonly address: string
  /** 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0. */
  readonly version: 3 | 4 | 5
  /** URL of the listener that it came in by; empty for streams given to `handle`. */
  readonly listener: string
}

/** `next` asks the next plugin, and after the last one what the broker was started with. */
export type Decision = 'allow' | 'deny' | 'next'

/** What a message becomes; what is left out stays. */
export interface PublishChange {
  readonly topic?: string
  readonly payload?: Payload | object
  readonly retain?: boolean
  readonly properties?: Properties
}

/** One MQTT packet on its way in or out. */
export interface PacketEvent {
  readonly direction: 'in' | 'out'
  /** Null until CONNECT has been accepted. */
  readonly client: ClientInfo | null
  /** The whole packet; the plugin's own. */
  readonly bytes: Uint8Array
  /** Decoded when it is asked for; null when it breaks the protocol. A Topic Name behind a Topic Alias is empty. */
  readonly packet: Packet | null
  /** Nanoseconds since 1970. */
  readonly time: bigint
}

/** Why a connection ended. */
export interface CloseReason {
  readonly cause: EndCause
  /** What the client did wrong; empty when nothing. */
  readonly error: string
  /** It had a will, which will be published now or after its delay. */
  readonly willDue: boolean
}

/**
 * Hooks answer at once, `onConnect` excepted. A hook that throws has refused what it was asked about, and nothing else happens: the broker
 * tells its log, or the process's warnings when it has none.
 */
export interface Plugin {
  /** For the log. */
  readonly name: string
  /** Called once when the broker listens. Throwing makes `startBroker` fail. */
  setup?(broker: RunningBroker): void | Promise<void>
  /** CONNECT: may the client come in? `password` is null when there was none. Also asked, without password, when an enhanced authentication has succeeded. */
  onConnect?(client: ClientInfo, password: Uint8Array | null): Decision | Promise<Decision>
  /**
   * May the client do that? `publish` and `deliver` are asked with Topic Names, `subscribe` with Topic Filters without `$share/NAME/`. Answers
   * are not remembered, so a plugin with this hook is asked for each read that brought messages for a topic, and for each delivery.
   */
  onAuthorize?(client: ClientInfo, action: 'publish' | 'subscribe' | 'deliver', topic: string): Decision
  /**
   * A client's message, wills included, that is permitted. False refuses it (5.0: 0x87; with QoS 2 it is only dropped); another message, or
   * what shall be different, goes on in its place, past permissions. What the program itself publishes is not shown.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without `return` answers nothing
  onPublish?(message: Message, from: ClientInfo): PublishChange | false | void
  /** A subscription that is permitted: false refuses it, `qos` lowers the QoS that is granted. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without `return` answers nothing
  onSubscribe?(client: ClientInfo, filter: string, qos: Qos): { readonly qos?: Qos } | false | void
  /** Every packet of every connection. */
  onPacket?(event: PacketEvent): void
  /** The connection of a client that had come in has ended. */
  onClose?(client: ClientInfo, why: CloseReason): void
}
