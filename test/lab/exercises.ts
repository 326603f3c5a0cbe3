// The course lab's exercises 2 to 10 as steps over any kit of clients, any transport and version.
// Registered as tests by exercises.test.ts (our clients, MQTT.js) and by the interop tier (Debian's clients).

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import type { Door, Kit, Subscriber, Version } from './kit.ts'

const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))

/** A broker to practise on. */
export interface LabBroker {
  /** Of its plain, its TLS and its WebSocket listener: as many as the kit has transports. */
  readonly ports: readonly number[]
  close(): Promise<void>
}

/** Registers the exercises for every transport of the kit and both versions. `start` starts another broker than ours, with a `$SYS` interval of a second. */
export function exercises(kit: Kit, start: () => Promise<LabBroker> = startOurs): void {
  let broker: LabBroker | undefined
  let unique = 0
  const open: Subscriber[] = []

  beforeAll(async () => {
    broker = await start()
  })
  afterAll(async () => {
    await Promise.all(open.map((subscriber) => subscriber.kill()))
    await broker?.close()
  })

  for (const transport of kit.transports) {
    for (const version of ['311', '5'] satisfies Version[]) {
      describe(`${kit.name} over ${transport}, MQTT ${version === '5' ? '5.0' : '3.1.1'}`, () => {
        const door = (): Door => ({ transport, port: broker!.ports[['tcp', 'tls', 'ws'].indexOf(transport)]!, cafile: certificate('ca.crt') })
        const place = (): string => `lab${++unique}`
        const subscribe = async (topics: readonly string[], options: Partial<Parameters<Kit['subscribe']>[1]> = {}): Promise<Subscriber> => {
          const subscriber = await kit.subscribe(door(), { version, topics, ...options })
          open.push(subscriber)
          return subscriber
        }
        const publish = (topic: string, message: string, options: Partial<Parameters<Kit['publish']>[1]> = {}): Promise<void> =>
          kit.publish(door(), { version, topic, message, ...options })

        test('exercises 2 and 3: what is published on /living_room/temperature arrives', async () => {
          const subscriber = await subscribe(['/living_room/temperature'])
          await publish('/living_room/temperature', '33.3')
          expect(await subscriber.received(1)).toEqual([{ topic: '/living_room/temperature', payload: '33.3', qos: 0, retain: false, dup: false }])
          await subscriber.stop()
        })

        test('exercise 4: wildcards', async () => {
          const deib = place()
          const plus = await subscribe([`${deib}/+/temperature`])
          const hash = await subscribe([`${deib}/eg1/#`])
          const all = await subscribe([`${deib}/#`])
          const topics = ['eg1/temperature', 'L26/room.1/temperature', 'eg1/humidity', 'L26.1/temperature', 'eg1'].map((topic) => `${deib}/${topic}`)
          for (const topic of topics) await publish(topic, 'x')
          expect((await all.received(5)).map(({ topic }) => topic)).toEqual(topics)
          expect((await plus.received(2)).map(({ topic }) => topic)).toEqual([`${deib}/eg1/temperature`, `${deib}/L26.1/temperature`])
          expect((await hash.received(3)).map(({ topic }) => topic)).toEqual([`${deib}/eg1/temperature`, `${deib}/eg1/humidity`, `${deib}/eg1`])
          await Promise.all([plus.stop(), hash.stop(), all.stop()])
        })

        test('exercise 5: delivered QoS = min(published, subscribed), all nine pairs [MQTT-3.8.4-8]', async () => {
          const topic = place()
          const subscribers = await Promise.all([0, 1, 2].map((qos) => subscribe([topic], { qos })))
          for (const qos of [0, 1, 2]) await publish(topic, `published ${qos}`, { qos })
          for (const [granted, subscriber] of subscribers.entries()) {
            expect((await subscriber.received(3)).map(({ payload, qos }) => [payload, qos])).toEqual(
              [0, 1, 2].map((qos) => [`published ${qos}`, Math.min(qos, granted)]),
            )
          }
          await Promise.all(subscribers.map((subscriber) => subscriber.stop()))
        })

        test('exercise 6: a retained message waits for later subscribers until an empty one clears it', async () => {
          const topic = place()
          const early = await subscribe([topic])
          await publish(topic, 'first', { retain: true })
          await publish(topic, 'last', { retain: true })
          expect((await early.received(2)).map(({ retain }) => retain)).toEqual([false, false])
          const late = await subscribe([topic])
          expect((await late.received(1)).map(({ payload, retain }) => [payload, retain])).toEqual([['last', true]])
          await publish(topic, '', { retain: true })
          expect((await early.received(3))[2]!.payload).toBe('')
          const none = await subscribe([topic])
          await publish(topic, 'live')
          expect((await none.received(1)).map(({ payload, retain }) => [payload, retain])).toEqual([['live', false]])
          await Promise.all([early.stop(), late.stop(), none.stop()])
        })

        test('exercise 7: a persistent session gets on return what was published while it was away', async () => {
          const topic = place()
          const session = { id: `spub_cli-${topic}-${transport}-${version}`, qos: 1, persistent: true }
          await (await subscribe([topic], session)).stop()
          for (const message of ['one', 'two', 'three']) await publish(topic, message, { qos: 1 })
          await publish(topic, 'QoS 0 is not kept', { qos: 0 })
          const back = await subscribe([topic], session)
          expect((await back.received(3)).map(({ payload, qos }) => [payload, qos])).toEqual([
            ['one', 1],
            ['two', 1],
            ['three', 1],
          ])
          await publish(topic, 'four', { qos: 1 })
          expect((await back.received(4))[3]!.payload).toBe('four')
          await back.stop()
        })

        test('exercise 8: the last will is published when the connection breaks, not after a normal DISCONNECT', async () => {
          const topic = place()
          const watcher = await subscribe([topic])
          const will = { topic, payload: 'gone', qos: 1 }
          await publish(`${topic}/other`, 'x', { will })
          const victim = await subscribe([`${topic}/other`], { will })
          await victim.kill()
          expect((await watcher.received(1)).map(({ payload }) => payload)).toEqual(['gone'])
          await publish(topic, 'end')
          expect((await watcher.received(2)).map(({ payload }) => payload)).toEqual(['gone', 'end'])
          await watcher.stop()
        })

        test('exercise 9: $SYS tells clients connected, messages received and uptime', async () => {
          const topics = ['$SYS/broker/clients/connected', '$SYS/broker/messages/received', '$SYS/broker/uptime']
          const subscriber = await subscribe(topics)
          const messages = await subscriber.received(3)
          expect(new Set(messages.slice(0, 3).map(({ topic }) => topic))).toEqual(new Set(topics))
          const valueOf = (topic: string): string => messages.find((message) => message.topic === topic)!.payload
          expect(valueOf(topics[0]!)).toMatch(/^\d+$/)
          expect(valueOf(topics[1]!)).toMatch(/^\d+$/)
          expect(valueOf(topics[2]!)).toMatch(/^\d+ seconds$/)
          await subscriber.stop()
        })
      })
    }
  }
}

async function startOurs(): Promise<LabBroker> {
  const tls = { key: readFileSync(certificate('server.key')), cert: readFileSync(certificate('server.crt')) }
  return await startBroker({
    listeners: [{ port: 0 }, { transport: 'tls', port: 0, tls }, { transport: 'ws', port: 0, websocket: { paths: ['/mqtt'] } }],
    limits: { sysInterval: 1 },
  })
}
