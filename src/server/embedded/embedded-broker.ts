// What a program can do with the broker that runs inside it, as `startBroker` gives it.
// An interface: embedding.ts does it.

import type { Duplex } from 'node:stream'
import type { Payload } from '../../client/message.ts'
import type { SubscribeOptions, Subscription } from '../../client/subscription.ts'
import type { CaptureFile } from './capture-file.ts'
import type { OwnPublishOptions, StreamOrigin } from './embedding.ts'
import type { ClientInfo, Plugin } from './plugin.ts'
import type { RetainedMessages } from './retained-messages.ts'

export interface EmbeddedBroker {
  /** Where a browser on this machine connects: the first WebSocket listener; null without one. */
  readonly wsUrl: string | null
  /** PEM of the authority behind `tls: 'dev'`, for the `ca` of clients; null without such a listener. */
  readonly devAuthority: string | null
  /** Who is connected, by Client Identifier: always as it is now. The program's own subscriptions are not in it. */
  readonly clients: ReadonlyMap<string, ClientInfo>
  readonly retained: RetainedMessages
  /**
   * Publishes in the broker's own name, past permissions and plugins; objects become JSON. Messages come in the order of the calls. Awaiting each
   * gives subscribers time to take them. Rejects with an MqttError.
   */
  publish(topic: string, payload: Payload | object, options?: OwnPublishOptions): Promise<void>
  /**
   * Subscribes in the broker's own name, past permissions; settles when nothing is missed any more. Each subscription has a session and a queue
   * of its own: with the overflow `pause` messages wait there, up to the limits that all clients have. Rejects with an MqttError.
   */
  subscribe(filter: string, options?: SubscribeOptions): Promise<Subscription>
  /** Takes a stream of bytes as a client's connection, by the rules of the broker itself; it is ours from now on. @throws UsageError */
  handle(stream: Duplex, origin?: StreamOrigin): void
  /**
   * Writes all packets that pass from now on to a pcapng file, passwords included, readable for its owner only. Analysers know the version of a
   * connection from its CONNECT: begin before the clients do. @throws the system's error when the file cannot be made
   */
  capture(file: string): CaptureFile
  /** Plugs in; disposing takes it out again. A `setup` that fails later undoes it, too. @throws UsageError, and what `setup` throws */
  use(plugin: Plugin): Disposable
}
