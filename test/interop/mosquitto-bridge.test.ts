// Debian's mosquitto as a bridge to our broker: 3.1.1 with the bridge bit in the Protocol Level (try_private), and 5.0.
// Topics out, in and in both directions at QoS 1; nothing goes in circles, RETAIN is kept, the bridge may tell its state.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'
import { RawClient } from './support/raw-client.ts'

const TOPICS = ['topic out/# out 1', 'topic in/# in 1', 'topic both/# both 1', 'topic # out 1 local/ remote/', 'topic # in 1 mapped/ away/']
const VARIANTS = [
  { name: '3.1.1 with the bridge bit', lines: ['bridge_protocol_version mqttv311', 'try_private true'] },
  { name: '5.0', lines: ['bridge_protocol_version mqttv50'] },
] as const

withTools(['mosquitto'], ({ mosquitto }) => {
  describe.each(VARIANTS)("Debian's mosquitto bridges to us: $name", ({ lines }) => {
    let broker: RunningBroker
    let bridge: Mosquitto
    let here: RawClient
    let there: RawClient
    const logged: string[] = []

    beforeAll(async () => {
      broker = await startBroker({
        listeners: [{ port: 0, host: '127.0.0.1' }],
        limits: { sysInterval: 0 },
        log: { write: (_type, line) => void logged.push(line) },
      })
      bridge = await Mosquitto.start(mosquitto, {
        options: ['sys_interval 0'],
        after: [...connectionTo(broker.port), 'notifications false', ...lines, ...TOPICS],
        verbose: true,
      })
      await bridge.until(/Received CONNACK on connection local\.bridge[\s\S]*Received SUBACK from local\.bridge[\s\S]*Received UNSUBACK from local\.bridge/)
      here = await RawClient.connect(broker.port, { version: 4, clientId: 'here' })
      there = await RawClient.connect(bridge.port, { version: 4, clientId: 'there' })
      for (const client of [here, there]) await client.subscribe([{ topicFilter: '#', qos: 1 }])
    })
    afterAll(async () => {
      await here?.cut()
      await there?.cut()
      await bridge?.close()
      await broker?.close()
    })

    /** Waits until `client` has a message on `topic`, then a round through both brokers until nothing moves; returns what came on it. */
    const arrived = async (client: RawClient, topic: string): Promise<string[]> => {
      await client.until(() => client.received.some((packet) => packet.type === PacketType.Publish && packet.topicName === topic), `a message on ${topic}`)
      await settled()
      return client.received.filter((packet) => packet.type === PacketType.Publish && packet.topicName === topic).map(lineOf)
    }
    /** A message from each side to the other, behind whatever may still be on its way. */
    const settled = async (): Promise<void> => {
      const marker = `marker-${Math.random()}`
      for (const round of [1, 2]) {
        await there.publish({ topicName: `out/${marker}${round}`, payload: 'x', qos: 1 })
        await here.until(() => here.received.some((packet) => packet.type === PacketType.Publish && packet.topicName === `out/${marker}${round}`), 'the marker')
        await here.publish({ topicName: `in/${marker}${round}`, payload: 'x', qos: 1 })
        await there.until(
          () => there.received.some((packet) => packet.type === PacketType.Publish && packet.topicName === `in/${marker}${round}`),
          'the marker',
        )
      }
    }

    test('our log calls it a bridge', () => {
      expect(logged.filter((line) => line.includes(' as bridge '))).toEqual([
        expect.stringMatching(lines.length === 2 ? /^New bridge connected from / : /^New client connected from /),
      ])
    })

    test('out: what is published there arrives here', async () => {
      await there.publish({ topicName: 'out/x', payload: '1', qos: 1 })
      expect(await arrived(here, 'out/x')).toEqual(['q1 r0 1'])
    })

    test('in: what is published here arrives there', async () => {
      await here.publish({ topicName: 'in/x', payload: '2', qos: 1 })
      expect(await arrived(there, 'in/x')).toEqual(['q1 r0 2'])
    })

    test('topics are mapped by their prefixes', async () => {
      await there.publish({ topicName: 'local/x', payload: '3', qos: 1 })
      expect(await arrived(here, 'remote/x')).toEqual(['q1 r0 3'])
      await here.publish({ topicName: 'away/y', payload: '4', qos: 1 })
      expect(await arrived(there, 'mapped/y')).toEqual(['q1 r0 4'])
    })

    test('both: a message goes over once and does not come back', async () => {
      await there.publish({ topicName: 'both/there', payload: '5', qos: 1 })
      expect(await arrived(here, 'both/there')).toEqual(['q1 r0 5'])
      expect(await arrived(there, 'both/there')).toEqual(['q1 r0 5'])
      await here.publish({ topicName: 'both/here', payload: '6', qos: 1 })
      expect(await arrived(there, 'both/here')).toEqual(['q1 r0 6'])
      expect(await arrived(here, 'both/here')).toEqual(['q1 r0 6'])
    })

    test('a retained message is retained on the other side, too', async () => {
      await there.publish({ topicName: 'out/kept', payload: '7', qos: 1, retain: true })
      await here.publish({ topicName: 'in/kept', payload: '8', qos: 1, retain: true })
      await arrived(here, 'out/kept')
      await arrived(there, 'in/kept')
      const [lateHere, lateThere] = [
        await RawClient.connect(broker.port, { version: 4, clientId: 'late' }),
        await RawClient.connect(bridge.port, { version: 4, clientId: 'late' }),
      ]
      await lateHere.subscribe([{ topicFilter: 'out/kept', qos: 1 }])
      await lateHere.ping()
      await lateThere.subscribe([{ topicFilter: 'in/kept', qos: 1 }])
      await lateThere.ping()
      expect(lateHere.received.flatMap((packet) => (packet.type === PacketType.Publish ? [lineOf(packet)] : []))).toEqual(['q1 r1 7'])
      expect(lateThere.received.flatMap((packet) => (packet.type === PacketType.Publish ? [lineOf(packet)] : []))).toEqual(['q1 r1 8'])
      await Promise.all([lateHere.cut(), lateThere.cut()])
    })
  })

  test("the state of Debian's bridge, as it tells it when nothing is configured: 1, and 0 when it has gone", async () => {
    const broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
    onTestFinished(() => broker.close())
    const watcher = await RawClient.connect(broker.port, { version: 4, clientId: 'watcher' })
    await watcher.subscribe([{ topicFilter: '$SYS/broker/connection/+/state', qos: 1 }])
    const bridge = await Mosquitto.start(mosquitto, { after: [...connectionTo(broker.port), 'topic out/# out 1'] })
    onTestFinished(() => bridge.close())
    const states = (): string[] => watcher.received.flatMap((packet) => (packet.type === PacketType.Publish ? [`${packet.topicName} ${lineOf(packet)}`] : []))
    await watcher.until(() => states().includes('$SYS/broker/connection/bridge/state q1 r0 1'), 'state 1 of the bridge')
    await bridge.kill()
    await watcher.until(() => states().at(-1) === '$SYS/broker/connection/bridge/state q1 r0 0', 'the will of the bridge')
    await watcher.cut()
  })
})

function connectionTo(port: number): string[] {
  return ['connection us', `address 127.0.0.1:${port}`, 'remote_clientid bridge', 'local_clientid local.bridge', 'restart_timeout 1']
}

function lineOf(packet: Packet): string {
  if (packet.type !== PacketType.Publish) throw new Error(`a packet of type ${packet.type}`)
  return `q${packet.qos} r${packet.retain ? 1 : 0} ${new TextDecoder().decode(packet.payload)}`
}
