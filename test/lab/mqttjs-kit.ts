// The lab with MQTT.js, the client that Node programs and web pages use most. A peer of our tests only.
// Speaks TCP, TLS and WebSocket.

import { readFileSync } from 'node:fs'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
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

export class MqttJsKit implements Kit {
  readonly name = 'MQTT.js'
  readonly transports = ['tcp', 'tls', 'ws'] as const

  async publish(door: Door, { version, topic, message, qos = 0, retain = false, id, will }: PublishOptions): Promise<void> {
    const client = await mqtt.connectAsync(address(door), { ...options(door, version, id, will), clean: true })
    await client.publishAsync(topic, message, { qos: qos as 0 | 1 | 2, retain })
    await client.endAsync()
  }

  async subscribe(door: Door, { version, topics, qos = 0, id, persistent = false, will }: SubscribeOptions): Promise<Subscriber> {
    const client = mqtt.connect(address(door), {
      ...options(door, version, id, will),
      clean: !persistent,
      ...(version === '5' && persistent ? { properties: { sessionExpiryInterval: 0xffffffff } } : {}),
    })
    const subscriber = new MqttJsSubscriber(client) // before CONNACK: what waited comes right after it
    await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject))
    await client.subscribeAsync([...topics], { qos: qos as 0 | 1 | 2 })
    return subscriber
  }
}

class MqttJsSubscriber implements Subscriber {
  readonly messages: LabMessage[] = []
  readonly #client: MqttClient
  readonly #condition = new Condition()
  #hasEnded = false

  constructor(client: MqttClient) {
    this.#client = client
    client.on('error', () => {})
    client.on('message', (topic, payload, packet) => {
      this.messages.push({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain, dup: packet.dup })
      this.#condition.changed()
    })
  }

  async received(count: number): Promise<readonly LabMessage[]> {
    await this.#condition.until(
      () => this.messages.length >= count,
      () => `MQTT.js has ${this.messages.length} of ${count} messages`,
    )
    return this.messages
  }

  async stop(): Promise<void> {
    this.#hasEnded = true
    await this.#client.endAsync()
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const closed = new Promise<void>((resolve) => this.#client.once('close', () => resolve()))
    this.#client.stream.destroy()
    await closed
    await this.#client.endAsync(true)
  }
}

function address({ transport, port }: Door): string {
  return transport === 'ws' ? `ws://localhost:${port}/mqtt` : `${transport === 'tls' ? 'mqtts' : 'mqtt'}://localhost:${port}`
}

function options({ transport, cafile }: Door, version: Version, id: string | undefined, will: LabWill | undefined): IClientOptions {
  return {
    protocolVersion: version === '5' ? 5 : 4,
    reconnectPeriod: 0,
    ...(id === undefined ? {} : { clientId: id }),
    ...(transport === 'tls' ? { ca: readFileSync(cafile) } : {}),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: (will.qos ?? 0) as 0 | 1 | 2, retain: will.retain ?? false } }),
  }
}
