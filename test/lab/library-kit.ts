// The lab with our client library, as programs use it: promises and async iterators.
// Speaks TCP, TLS and WebSocket.

import { readFileSync } from 'node:fs'
import type { Client } from '../../src/client/client.ts'
import { connect, type NodeConnectOptions } from '../../src/client/node.ts'
import {
  Condition,
  type Door,
  type Kit,
  type LabMessage,
  type LabWill,
  type PublishOptions,
  type SubscribeOptions,
  type Subscriber,
  type Version,
} from './kit.ts'

const LIMIT = { timeoutMs: 5000 }

export class LibraryKit implements Kit {
  readonly name: string
  readonly transports: Kit['transports']

  constructor(name: string, transports: Kit['transports']) {
    this.name = name
    this.transports = transports
  }

  async publish(door: Door, { version, topic, message, qos = 0, retain = false, id, will }: PublishOptions): Promise<void> {
    const client = await connect(address(door), options(door, version, id, will))
    await client.publish(topic, message, { qos: qos as 0 | 1 | 2, retain, ...LIMIT })
    await client.end(LIMIT)
  }

  async subscribe(door: Door, { version, topics, qos = 0, id, persistent = false, will }: SubscribeOptions): Promise<Subscriber> {
    const lasting = persistent ? { cleanStart: false, ...(version === '5' ? { sessionExpiry: 0xffffffff } : {}) } : {}
    const client = await connect(address(door), { ...options(door, version, id, will), ...lasting })
    const subscriber = new LibrarySubscriber(client)
    await subscriber.subscribe(topics, qos as 0 | 1 | 2)
    return subscriber
  }
}

class LibrarySubscriber implements Subscriber {
  readonly messages: LabMessage[] = []
  readonly #client: Client
  readonly #condition = new Condition()

  constructor(client: Client) {
    this.#client = client
  }

  async subscribe(topics: readonly string[], qos: 0 | 1 | 2): Promise<void> {
    for (const filter of topics) {
      const subscription = await this.#client.subscribe(filter, { qos, ...LIMIT })
      void (async () => {
        for await (const message of subscription) {
          this.messages.push({ topic: message.topic, payload: message.text(), qos: message.qos, retain: message.retain, dup: message.dup })
          this.#condition.changed()
        }
      })()
    }
  }

  async received(count: number): Promise<readonly LabMessage[]> {
    await this.#condition.until(
      () => this.messages.length >= count,
      () => `the library has ${this.messages.length} of ${count} messages`,
    )
    return this.messages
  }

  async stop(): Promise<void> {
    await this.#client.close(LIMIT)
  }

  async kill(): Promise<void> {
    this.#client.destroy()
  }
}

function address({ transport, port }: Door): string {
  return transport === 'ws' ? `ws://localhost:${port}/mqtt` : `${transport === 'tls' ? 'mqtts' : 'mqtt'}://localhost:${port}`
}

function options({ transport, cafile }: Door, version: Version, id: string | undefined, will: LabWill | undefined): NodeConnectOptions {
  return {
    version: version === '5' ? 5 : 4,
    reconnect: false,
    ...LIMIT,
    ...(id === undefined ? {} : { clientId: id }),
    ...(transport === 'tls' ? { tls: { ca: readFileSync(cafile) } } : {}),
    ...(will === undefined ? {} : { will: { ...will, qos: (will.qos ?? 0) as 0 | 1 | 2 } }),
  }
}
