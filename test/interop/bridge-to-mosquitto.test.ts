// Our bridge to Debian's mosquitto: every QoS and RETAIN in both directions, prefixes, loops, outages, notifications, TLS and keys.
// Debian's mosquitto as a bridge to us is in mosquitto-bridge.test.ts; both at once at the end here.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { PacketType, type Qos } from '../../src/wire/mqtt/packet.ts'
import { type ConfiguredHere, configuredHere } from '../server/configured-kit.ts'
import { ChaosProxy } from '../support/chaos-proxy.ts'
import { withTools } from '../support/require-tools.ts'
import { freePort, Mosquitto } from './support/mosquitto.ts'
import { RawClient } from './support/raw-client.ts'

const TOPICS = [
  'topic out/# out 2',
  'topic in/# in 2',
  'topic both/# both 2',
  'topic # out 1 local/ remote/',
  'topic # in 1 mapped/ away/',
  'topic "" both 1 one/name another/one',
]
const CERTIFICATES = fileURLToPath(new URL('../net/certificates', import.meta.url))

function bridge(port: number, ...lines: string[]): string[] {
  return ['connection b', `address 127.0.0.1:${port}`, 'remote_clientid b', 'restart_timeout 1', ...lines]
}

async function connect(port: number, clientId: string): Promise<RawClient> {
  return await RawClient.connect(port, { version: 4, clientId })
}

/** `payload qQOS rRETAIN` of what came on a topic. */
function on(client: RawClient, topic: string): string[] {
  return client.received.flatMap((packet) =>
    packet.type === PacketType.Publish && packet.topicName === topic
      ? [`${new TextDecoder().decode(packet.payload)} q${packet.qos} r${packet.retain ? 1 : 0}`]
      : [],
  )
}

async function arrived(client: RawClient, topic: string, count = 1): Promise<string[]> {
  await client.until(() => on(client, topic).length >= count, `${count} messages on ${topic}`)
  return on(client, topic)
}

withTools(['mosquitto'], ({ mosquitto }) => {
  describe.each([
    ['3.1', ['bridge_protocol_version mqttv31']],
    ['3.1.1', []],
    ['3.1.1 without the bit of a bridge', ['try_private false']],
    ['5.0', ['bridge_protocol_version mqttv50']],
  ] as const)('%s', (name, lines) => {
    let far: Mosquitto
    let near: ConfiguredHere
    let here: RawClient
    let there: RawClient

    beforeAll(async () => {
      far = await Mosquitto.start(mosquitto, { options: ['sys_interval 0'], verbose: true })
      near = await configuredHere(bridge(far.port, ...lines, 'notifications false', ...TOPICS), { outlives: true })
      await near.until(/Received UNSUBACK from local\.b$/m, 2)
      here = await connect(near.port, 'here')
      there = await connect(far.port, 'there')
      for (const client of [here, there]) await client.subscribe([{ topicFilter: '#', qos: 2 }])
    })
    afterAll(async () => {
      await here?.cut()
      await there?.cut()
      await near?.close()
      await far?.close()
    })

    /** A message from each side to the other, behind whatever may still be on its way. */
    const settled = async (): Promise<void> => {
      for (const round of [1, 2]) {
        const marker = `${round}-${Math.random()}`
        await here.publish({ topicName: `out/${marker}`, payload: 'x', qos: 1 })
        await arrived(there, `out/${marker}`)
        await there.publish({ topicName: `in/${marker}`, payload: 'x', qos: 1 })
        await arrived(here, `in/${marker}`)
      }
    }

    test("Debian's mosquitto is told what we are", () => {
      expect(far.log).toMatch(lines.length === 0 || name === '3.1' ? /New bridge connected from \S+ as b / : /New client connected from \S+ as b /)
    })

    test.each([0, 1, 2] as const)('QoS %i goes out and comes in', async (qos: Qos) => {
      await here.publish({ topicName: `out/${qos}`, payload: 'o', qos })
      expect(await arrived(there, `out/${qos}`)).toEqual([`o q${qos} r0`])
      await there.publish({ topicName: `in/${qos}`, payload: 'i', qos })
      expect(await arrived(here, `in/${qos}`)).toEqual([`i q${qos} r0`])
    })

    test('both: a message goes over once; with the bit of a bridge, or 5.0, it does not come back', async () => {
      await here.publish({ topicName: 'both/here', payload: '1', qos: 2 })
      await there.publish({ topicName: 'both/there', payload: '2', qos: 2 })
      await arrived(there, 'both/here')
      await arrived(here, 'both/there')
      await settled()
      const copies = lines.some((line) => line.startsWith('try_private')) ? 2 : 1 // then it comes back, and stays here
      expect(on(here, 'both/here')).toEqual(Array(copies).fill('1 q2 r0'))
      expect(on(there, 'both/here')).toEqual(['1 q2 r0'])
      expect(on(there, 'both/there')).toEqual(['2 q2 r0'])
      expect(on(here, 'both/there')).toEqual(['2 q2 r0'])
    })

    test('names are mapped by prefixes, and one topic to another', async () => {
      await here.publish({ topicName: 'local/x', payload: '1', qos: 1 })
      expect(await arrived(there, 'remote/x')).toEqual(['1 q1 r0'])
      await there.publish({ topicName: 'away/y', payload: '2', qos: 1 })
      expect(await arrived(here, 'mapped/y')).toEqual(['2 q1 r0'])
      await here.publish({ topicName: 'one/name', payload: '3', qos: 1 })
      expect(await arrived(there, 'another/one')).toEqual(['3 q1 r0'])
    })

    test('what is retained here is retained there', async () => {
      await here.publish({ topicName: 'out/kept', payload: '1', qos: 1, retain: true })
      await arrived(there, 'out/kept')
      const late = await connect(far.port, 'late')
      await late.subscribe([{ topicFilter: 'out/kept', qos: 1 }])
      expect(await arrived(late, 'out/kept')).toEqual(['1 q1 r1'])
      await late.cut()
    })

    test('what is retained there is retained here: all, or with neither bit nor 5.0 what was there before', async () => {
      await there.publish({ topicName: 'in/kept', payload: '1', qos: 1, retain: true })
      await arrived(here, 'in/kept')
      const late = await connect(near.port, 'late')
      await late.subscribe([{ topicFilter: 'in/kept', qos: 1 }])
      await late.ping()
      expect(on(late, 'in/kept')).toEqual(lines.some((line) => line.startsWith('try_private')) ? [] : ['1 q1 r1'])
      await late.cut()
    })
  })

  test.each([[[]], [['bridge_protocol_version mqttv50']]])(
    'the connection breaks again and again: QoS 2 arrives once, in order, both ways %j',
    async (lines) => {
      const far = await Mosquitto.start(mosquitto, { options: ['sys_interval 0', 'max_queued_messages 0'] })
      onTestFinished(() => far.close())
      const proxy = await ChaosProxy.start(far.port, 7)
      onTestFinished(() => proxy.close())
      const near = await configuredHere(bridge(proxy.port, ...lines, 'topic # both 2', 'notifications false'))
      await near.until(/Received SUBACK from local\.b$/m)
      const clients = await Promise.all([connect(near.port, 'here'), connect(far.port, 'there'), connect(near.port, 'w1'), connect(far.port, 'w2')])
      onTestFinished(() => Promise.all(clients.map((client) => client.cut())).then(() => {}))
      const [here, there, writer, other] = clients as [RawClient, RawClient, RawClient, RawClient]
      for (const client of [here, there]) await client.subscribe([{ topicFilter: '#', qos: 2 }])
      const wanted: string[] = []
      const lost = /Client local\.b \S+ disconnected: connection lost/
      const losses = (): number => near.lines.filter((line) => lost.test(line)).length
      for (let round = 0; round < 3; round++) {
        const before = losses()
        proxy.cutAll('reset')
        proxy.cutNextAfter(round % 2 === 0 ? 'up' : 'down', 250 + 90 * round, 'reset') // in the midst of what waited
        for (let i = 0; i < 25; i++) {
          wanted.push(`${round}.${i} q2 r0`)
          await writer.publish({ topicName: 'out', payload: `${round}.${i}`, qos: 2 })
          await other.publish({ topicName: 'in', payload: `${round}.${i}`, qos: 2 })
        }
        await expect.poll(() => proxy.plannedCuts, { timeout: 20_000 }).toBeGreaterThan(round)
        await near.until(lost, before + 1)
        proxy.cutAll('reset')
        await near.until(/Received CONNACK on connection local\.b\./, losses() + 1)
      }
      expect(await arrived(there, 'out', wanted.length)).toEqual(wanted)
      expect(await arrived(here, 'in', wanted.length)).toEqual(wanted)
    },
  )

  test('the far end is stopped and comes back empty: what waited goes over, in order; its state is told here and there', async () => {
    const first = await Mosquitto.start(mosquitto, { options: ['sys_interval 0'] })
    const proxy = await ChaosProxy.start(first.port, 3)
    onTestFinished(() => proxy.close())
    const near = await configuredHere(bridge(proxy.port, 'topic t/# both 2'))
    const watcher = await connect(near.port, 'watcher')
    onTestFinished(() => watcher.cut())
    await watcher.subscribe([{ topicFilter: '$SYS/broker/connection/#', qos: 1 }])
    const state = '$SYS/broker/connection/b/state'
    await watcher.until(() => on(watcher, state).at(-1)?.startsWith('1') === true, 'state 1')
    await first.close()
    await watcher.until(() => on(watcher, state).at(-1)?.startsWith('0') === true, 'state 0')
    const writer = await connect(near.port, 'writer')
    onTestFinished(() => writer.cut())
    for (let i = 0; i < 30; i++) await writer.publish({ topicName: 't/x', payload: `${i}`, qos: i % 2 === 0 ? 1 : 2 })
    const second = await Mosquitto.start(mosquitto, { options: ['sys_interval 0'] })
    onTestFinished(() => second.close())
    const reader = await connect(second.port, 'reader')
    onTestFinished(() => reader.cut())
    await reader.subscribe([{ topicFilter: 't/#', qos: 2 }, { topicFilter: '$SYS/broker/connection/#' }])
    proxy.target = second.port
    const came = await arrived(reader, 't/x', 30) // QoS 2 is handed on at its PUBREL, QoS 1 before
    const sent = [...Array(30).keys()].map((i) => `${i} q${i % 2 === 0 ? 1 : 2} r0`)
    for (const qos of [' q1 ', ' q2 ']) expect(came.filter((message) => message.includes(qos))).toEqual(sent.filter((message) => message.includes(qos)))
    expect((await arrived(reader, state)).at(-1)).toMatch(/^1/)
    await watcher.until(() => on(watcher, state).at(-1)?.startsWith('1') === true, 'state 1 again')
  })

  test('our broker is stopped: the far end hears 0, without waiting for the will', async () => {
    const far = await Mosquitto.start(mosquitto, { verbose: true })
    onTestFinished(() => far.close())
    const near = await configuredHere(bridge(far.port, 'topic # out'), { outlives: true })
    await far.until(/Received PUBLISH from b \(d0, q1, r1, m\d+, '\$SYS\/broker\/connection\/b\/state'/)
    await near.close()
    await far.until(/Received PUBLISH from b \(d0, q0, r1, m0, '\$SYS\/broker\/connection\/b\/state'[\s\S]*Client b disconnected\./)
  })

  const TLS = [`cafile ${CERTIFICATES}/ca.crt`, `certfile ${CERTIFICATES}/server.crt`, `keyfile ${CERTIFICATES}/server.key`]
  test.each([
    ['certificates', TLS, ['bridge_cafile CERTS/ca.crt']],
    [
      'our certificate, too',
      [...TLS, 'require_certificate true', 'use_identity_as_username true'],
      ['bridge_cafile CERTS/ca.crt', 'bridge_certfile CERTS/client.crt', 'bridge_keyfile CERTS/client.key'],
    ],
    ['TLS 1.2', [...TLS, 'tls_version tlsv1.2'], ['bridge_cafile CERTS/ca.crt', 'bridge_tls_version tlsv1.2']],
    ['a pre-shared key', ['psk_hint lab', 'psk_file FOLDER/keys'], ['bridge_identity joe', 'bridge_psk 0011aabb']],
  ] as const)('by TLS with %s', async (_name, listener, lines) => {
    const far = await Mosquitto.start(mosquitto, { listeners: [listener], files: { keys: 'joe:0011aabb\n' }, verbose: true })
    onTestFinished(() => far.close())
    const near = await configuredHere(bridge(far.port, 'topic # both 1', 'notifications false', ...lines))
    await near.until(/Received SUBACK from local\.b$/m)
    const writer = await connect(near.port, 'writer')
    onTestFinished(() => writer.cut())
    await writer.publish({ topicName: 'a', payload: 'x', qos: 1 })
    await far.until(/Received PUBLISH from b \(d0, q1, r0, m1, 'a'/)
    expect(near.running.bridges.connected).toBe(1)
  })

  test.each([
    ['another authority', TLS, ['bridge_cafile CERTS/other-ca.crt']],
    ['a wrong key', ['psk_hint lab', 'psk_file FOLDER/keys'], ['bridge_identity joe', 'bridge_psk 0011aabc']],
  ] as const)('no connection by TLS with %s', async (_name, listener, lines) => {
    const far = await Mosquitto.start(mosquitto, { listeners: [listener], files: { keys: 'joe:0011aabb\n' } })
    onTestFinished(() => far.close())
    const near = await configuredHere(bridge(far.port, 'topic # both 1', ...lines))
    await near.until(/^error: Error creating bridge b \(127\.0\.0\.1:\d+\): [\w:, -]+\. Trying again in 1 s\.$/m)
    expect(near.running.bridges.connected).toBe(0)
  })

  test('two bridges between the same brokers, one from each side, with topics of their own: everything arrives once', async () => {
    const port = await freePort()
    const far = await Mosquitto.start(mosquitto, {
      options: ['sys_interval 0'],
      after: ['connection theirs', `address 127.0.0.1:${port}`, 'topic theirs/# both 2', 'remote_clientid theirs', 'restart_timeout 1'],
      verbose: true,
    })
    onTestFinished(() => far.close())
    const near = await configuredHere([`listener ${port} 127.0.0.1`, ...bridge(far.port, 'topic ours/# both 2')])
    await near.until(/Received SUBACK from local\.b$/m)
    await far.until(/Received SUBACK from local\.theirs/, 30_000) // a first attempt that fails is made again after seconds
    const here = await RawClient.connect(port, { version: 4, clientId: 'here' })
    const there = await connect(far.port, 'there')
    onTestFinished(() => Promise.all([here.cut(), there.cut()]).then(() => {}))
    for (const client of [here, there]) await client.subscribe([{ topicFilter: '#', qos: 2 }])
    for (const topicName of ['ours/x', 'theirs/x', 'end'])
      for (const client of [here, there]) await client.publish({ topicName, payload: client === here ? 'here' : 'there', qos: 2 })
    for (const client of [here, there])
      for (const topic of ['ours/x', 'theirs/x']) {
        await arrived(client, topic, 2)
        for (const round of [1, 2]) {
          await here.publish({ topicName: `ours/${round}`, qos: 1 })
          await arrived(there, `ours/${round}`)
        }
        expect(on(client, topic).toSorted()).toEqual(['here q2 r0', 'there q2 r0'])
      }
  })
})
