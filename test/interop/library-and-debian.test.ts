// Our client library against Debian's mosquitto: the lab's exercises over TCP, TLS and WebSocket, and what only a library does.
// Its broker is 2.0: MQTT 3.1, 3.1.1 and 5.0.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { connect, fileStore, type NodeConnectOptions } from '../../src/client/node.ts'
import type { ClientTrace } from '../../src/session/client-effects.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { exercises, type LabBroker } from '../lab/exercises.ts'
import type { Kit } from '../lab/kit.ts'
import { LibraryKit } from '../lab/library-kit.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto, type MosquittoOptions } from './support/mosquitto.ts'

const LIMIT = { timeoutMs: 5000 }
const SOON = { minMs: 10, maxMs: 100, jitter: false }
const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))
const LISTENERS = {
  tcp: [],
  tls: [`certfile ${certificate('server.crt')}`, `keyfile ${certificate('server.key')}`],
  ws: ['protocol websockets'],
} as const satisfies Record<Kit['transports'][number], readonly string[]>

withTools(['mosquitto'], ({ mosquitto }) => {
  const hasWebSockets = !readFileSync(mosquitto).includes('Websockets support not available')
  const transports = hasWebSockets ? (['tcp', 'tls', 'ws'] as const) : (['tcp', 'tls'] as const)
  const start = (): Promise<LabBroker> =>
    Mosquitto.start(mosquitto, { listeners: transports.map((transport) => LISTENERS[transport]), options: ['sys_interval 1'] })
  exercises(new LibraryKit("our library with Debian's broker", transports), start)

  async function started(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = await Mosquitto.start(mosquitto, options)
    onTestFinished(() => broker.close())
    return broker
  }

  async function client(broker: Mosquitto, options: NodeConnectOptions = {}) {
    const connected = await connect(`mqtt://127.0.0.1:${broker.port}`, { reconnect: SOON, ...LIMIT, ...options })
    onTestFinished(() => connected.destroy())
    return connected
  }

  for (const version of [3, 4, 5] as const) {
    test(`MQTT ${version}: 2000 messages of each QoS, many at once, in order, large ones among them`, async () => {
      const broker = await started({ options: ['max_queued_messages 0'] })
      const reader = await client(broker, { version, clientId: 'reader' })
      const all = await reader.subscribe('load/#', { qos: 2, highWaterMark: 200, ...LIMIT })
      const writer = await client(broker, { version, clientId: 'writer' })
      const text = (qos: number, i: number): string => `${qos} ${i} ${'x'.repeat(i % 500 === 0 ? 100_000 : 10)}`
      const publishing = [0, 1, 2].map((qos) =>
        Promise.all(
          Array.from({ length: 2000 }, (_, i) => writer.publish(`load/${qos}/${i % 30}`, text(qos, i), { qos: qos as 0 | 1 | 2, timeoutMs: 20_000 })),
        ),
      )
      const next = [0, 0, 0]
      for (let i = 0; i < 6000; i++) {
        const message = await all.next(LIMIT)
        const qos = Number(message!.topic.split('/')[1])
        expect(message!.text() === text(qos, next[qos]!++)).toBe(true)
      }
      await Promise.all(publishing)
      expect([next, all.dropped, writer.undelivered]).toEqual([[2000, 2000, 2000], 0, 0])
      await Promise.all([reader.close(LIMIT), writer.close(LIMIT)])
    })
  }

  test('the version is found by itself; a request is answered; what is refused says so', async () => {
    const broker = await started()
    const service = await client(broker, { clientId: 'service' })
    expect([service.version, (await service.subscribe('$share/group/none', LIMIT)).grantedQos]).toEqual([5, 0])
    const questions = await service.subscribe('service/double', { qos: 1, ...LIMIT })
    void (async () => {
      for await (const { properties } of questions)
        await service.publish(properties.responseTopic!, '42', { properties: { correlationData: properties.correlationData! } })
    })()
    const asker = await client(broker, { clientId: 'asker' })
    expect((await asker.request('service/double', '21', { qos: 1, ...LIMIT })).text()).toBe('42')
    await expect(asker.request('service/nobody', '', { qos: 1, ...LIMIT })).rejects.toMatchObject({ code: 'REFUSED', reasonCode: 0x10 })
    await expect(asker.publish('a', 'x', { properties: { topicAlias: 65_000 }, ...LIMIT })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  test('Topic Aliases are used as far as the broker allows', async () => {
    const broker = await started()
    const reader = await client(broker, { clientId: 'reader' })
    const all = await reader.subscribe('alias/#', { qos: 1, ...LIMIT })
    const sizes: number[] = []
    const trace: ClientTrace = {
      sending: (packet) => {
        if (packet.type === PacketType.Publish) sizes.push(packet.topicName.length)
      },
      received: () => {},
    }
    const writer = await client(broker, { clientId: 'writer', trace })
    for (let i = 0; i < 60; i++) await writer.publish(`alias/a-long-name/${i % 20}`, `${i}`, { qos: 1, ...LIMIT })
    for (let i = 0; i < 60; i++) expect((await all.next(LIMIT))!.topic).toBe(`alias/a-long-name/${i % 20}`)
    expect(writer.serverProperties.topicAliasMaximum).toBe(10)
    for (let i = 0; i < 10; i++) await writer.publish('alias/again', `${i}`, { qos: 1, ...LIMIT })
    expect(sizes.slice(-9)).toEqual(Array.from({ length: 9 }, () => 0))
    for (let i = 0; i < 10; i++) expect((await all.next(LIMIT))!.topic).toBe('alias/again')
  })

  test('a broker that crashes and comes back: subscriptions are made again, nothing that was published is lost', async () => {
    const first = await started()
    const reader = await client(first, { clientId: 'reader' })
    const states: string[] = []
    const isBack = (async () => {
      for await (const { state } of reader.status({ timeoutMs: 10_000 })) {
        states.push(state)
        if (state === 'connected' && states.includes('reconnecting')) return
      }
    })()
    const all = await reader.subscribe('a/#', { qos: 2, ...LIMIT })
    const writer = await client(first, { clientId: 'writer' })
    await first.kill()
    const publishing = [0, 1, 2].map((i) => writer.publish(`a/${i}`, `${i}`, { qos: 1, timeoutMs: 10_000 }))
    const second = await Mosquitto.start(mosquitto, { ports: first.ports })
    onTestFinished(() => second.close())
    await Promise.all(publishing)
    await isBack
    await writer.publish('a/end', 'end', { qos: 1, ...LIMIT })
    for (let message = await all.next(LIMIT); message!.topic !== 'a/end'; ) message = await all.next(LIMIT)
    expect(states.slice(0, 3)).toEqual(['connected', 'offline', 'reconnecting'])
  })

  test('what a program has left in its store is delivered by the next one, once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-store-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const store = () => fileStore(join(folder, 'lamp.store'))
    const broker = await started()
    const reader = await client(broker, { clientId: 'reader' })
    const all = await reader.subscribe('a', { qos: 2, ...LIMIT })
    const lamp = await client(broker, { clientId: 'lamp', store: store() })
    const publishing = Promise.allSettled(Array.from({ length: 50 }, (_, i) => lamp.publish('a', `${i}`, { qos: 2 })))
    lamp.destroy()
    const settled = await publishing
    const next = await client(broker, { clientId: 'lamp', store: store() })
    await next.end(LIMIT)
    expect(settled.some(({ status }) => status === 'rejected')).toBe(true)
    for (let i = 0; i < 50; i++) expect((await all.next(LIMIT))!.text()).toBe(`${i}`)
    await expect(all.next({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('a wrong password is final, with a hint', async () => {
    const broker = await started({ listeners: [['allow_anonymous false']] })
    await expect(connect(`mqtt://u:p@127.0.0.1:${broker.port}`, LIMIT)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', reasonCode: 0x87 })
  })
})
