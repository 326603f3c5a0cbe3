// Debian's mosquitto as a bridge to a broker of ours as a configuration file describes it: every QoS, outages with what waits, TLS and keys, its user.
// Loops, RETAIN, prefixes and states are in mosquitto-bridge.test.ts; our bridge to Debian's broker in bridge-to-mosquitto.test.ts.

import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { configuredHere } from '../server/configured-kit.ts'
import { ChaosProxy } from '../support/chaos-proxy.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'
import { RawClient } from './support/raw-client.ts'

const CERTIFICATES = fileURLToPath(new URL('../net/certificates', import.meta.url))
const VARIANTS = [
  ['3.1', ['bridge_protocol_version mqttv31']],
  ['3.1.1', ['bridge_protocol_version mqttv311']],
  ['5.0', ['bridge_protocol_version mqttv50']],
] as const

function bridge(port: number, ...lines: readonly string[]): string[] {
  return ['connection b', `address 127.0.0.1:${port}`, 'remote_clientid b', 'local_clientid local.b', 'restart_timeout 1', 'notifications false', ...lines]
}

async function client(port: number, clientId: string, topicFilter = '#'): Promise<RawClient> {
  const connected = await RawClient.connect(port, { version: 4, clientId })
  onTestFinished(() => connected.cut())
  await connected.subscribe([{ topicFilter, qos: 2 }])
  return connected
}

/** `payload qQOS` of what came on a topic. */
function on(from: RawClient, topic: string): string[] {
  return from.received.flatMap((packet) =>
    packet.type === PacketType.Publish && packet.topicName === topic ? [`${new TextDecoder().decode(packet.payload)} q${packet.qos}`] : [],
  )
}

async function arrived(from: RawClient, topic: string, count: number): Promise<string[]> {
  await from.until(() => on(from, topic).length >= count, `${count} messages on ${topic}`)
  return on(from, topic)
}

withTools(['mosquitto'], ({ mosquitto }) => {
  test.each(VARIANTS)('%s: every QoS goes out and comes in', async (_name, lines) => {
    const here = await configuredHere()
    const there = await Mosquitto.start(mosquitto, { after: bridge(here.port, ...lines, 'topic out/# out 2', 'topic in/# in 2'), verbose: true })
    onTestFinished(() => there.close())
    await there.until(/Received SUBACK from local\.b/)
    const [ours, theirs] = [await client(here.port, 'ours'), await client(there.port, 'theirs')]
    for (const qos of [0, 1, 2] as const) {
      await theirs.publish({ topicName: `out/${qos}`, payload: 'o', qos })
      expect(await arrived(ours, `out/${qos}`, 1)).toEqual([`o q${qos}`])
      await ours.publish({ topicName: `in/${qos}`, payload: 'i', qos })
      expect(await arrived(theirs, `in/${qos}`, 1)).toEqual([`i q${qos}`])
    }
  })

  test.each(VARIANTS.slice(1))('%s: the connection breaks, and soon again: what was published meanwhile arrives once, in order', async (name, lines) => {
    const here = await configuredHere(['max_queued_messages 0'])
    const proxy = await ChaosProxy.start(here.port, 5)
    onTestFinished(() => proxy.close())
    const there = await Mosquitto.start(mosquitto, { after: bridge(proxy.port, ...lines, 'topic out out 2', 'topic in in 2'), verbose: true })
    onTestFinished(() => there.close())
    await there.until(/Received SUBACK from local\.b/)
    const [ours, theirs] = [await client(here.port, 'ours', 'out'), await client(there.port, 'theirs', 'in')]
    const wanted: string[] = []
    proxy.cutAll('reset')
    proxy.cutNextAfter('up', 300, 'reset') // in the midst of what waited
    for (let i = 0; i < 30; i++) {
      wanted.push(`${i} q2`)
      await theirs.publish({ topicName: 'out', payload: `${i}`, qos: 2 })
      await ours.publish({ topicName: 'in', payload: `${i}`, qos: 2 })
    }
    await here.until(/ connected from \S+ as b /, 2)
    await here.until(/Client b \[\S+\] disconnected/, 2)
    proxy.cutAll('reset')
    await here.until(/ connected from \S+ as b /, 3)
    expect(await arrived(ours, 'out', wanted.length)).toEqual(wanted)
    if (name === '5.0')
      expect(here.running.broker.sessions.get('b')!.sessionExpiryInterval).toBe(0) // Debian's 2.0.11 asks for no longer one
    else expect(await arrived(theirs, 'in', wanted.length)).toEqual(wanted)
  })

  const TLS = ['listener PORT 127.0.0.1', 'cafile CERTS/ca.crt', 'certfile CERTS/server.crt', 'keyfile CERTS/server.key']
  test.each([
    ['certificates', TLS, [`bridge_cafile ${CERTIFICATES}/ca.crt`]],
    [
      'a certificate of its own',
      [...TLS, 'require_certificate true', 'use_identity_as_username true'],
      [`bridge_cafile ${CERTIFICATES}/ca.crt`, `bridge_certfile ${CERTIFICATES}/client.crt`, `bridge_keyfile ${CERTIFICATES}/client.key`],
    ],
    ['a pre-shared key', ['listener PORT 127.0.0.1', 'psk_hint lab', 'psk_file FOLDER/keys'], ['bridge_identity joe', 'bridge_psk 0011aabb']],
  ] as const)('by TLS with %s', async (_name, listener, lines) => {
    const here = await configuredHere(listener, { files: { keys: 'joe:0011aabb\n' } })
    const there = await Mosquitto.start(mosquitto, { after: bridge(here.port, 'topic out out 1', ...lines), verbose: true })
    onTestFinished(() => there.close())
    await there.until(/Received UNSUBACK from local\.b/)
    await (await client(there.port, 'theirs')).publish({ topicName: 'out', payload: 'x', qos: 1 })
    await here.until(/Received PUBLISH from b \(d0, q1, r0, m\d+, 'out'/)
  })
})
