// Conversations through our broker, captured on the loopback interface: Wireshark's dissector finds nothing wrong in them,
// and the Control Packets come in the order that the standard prescribes. Capturing needs the right to do so (root).

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProtocolVersion, Will } from '../../src/wire/mqtt/packet.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { withTools } from '../support/require-tools.ts'
import { Capture, mayCapture, type MqttFrame } from './support/capture.ts'
import { RawClient, type RawConnect } from './support/raw-client.ts'

type Dial = (clientId: string, options?: Partial<RawConnect>) => Promise<RawClient>

interface Conversation {
  readonly name: string
  readonly versions: readonly ProtocolVersion[]
  /** Names each connection that matters, and returns when all is said. */
  run(dial: Dial, version: ProtocolVersion): Promise<Readonly<Record<string, RawClient>>>
  /** By connection: `>` from the client, `<` from the broker. */
  readonly lines: Readonly<Record<string, readonly string[]>>
}

const FIELDS = ['mqtt.retain', 'mqtt.dupflag', 'mqtt.topic', 'mqtt.conack.flags.sp', 'mqtt.prop_number', 'mqtt.property.topic_alias'] as const
const ALL: readonly ProtocolVersion[] = [3, 4, 5]
const hello = ['> Connect Command', '< Connect Ack']
const bye = ['> Disconnect Req']
const subscribed = (filter: string, id = 1): string[] => [`> Subscribe Request (id=${id}) [${filter}]`, `< Subscribe Ack (id=${id})`]

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'QoS 0, 1 and 2 to a subscriber of QoS 2',
    versions: ALL,
    run: async (dial) => {
      const subscriber = await dial('s'), publisher = await dial('p')
      await subscriber.subscribe([{ topicFilter: 'a/#', qos: 2 }])
      for (const qos of [0, 1, 2] as const) await publisher.publish({ topicName: `a/${qos}`, payload: 'x', qos })
      await subscriber.ping()
      await subscriber.unsubscribe('a/#')
      await publisher.disconnect()
      await subscriber.disconnect()
      return { publisher, subscriber }
    },
    lines: {
      publisher: [
        ...hello, '> Publish Message [a/0]', '> Publish Message (id=1) [a/1]', '< Publish Ack (id=1)',
        '> Publish Message (id=2) [a/2]', '< Publish Received (id=2)', '> Publish Release (id=2)', '< Publish Complete (id=2)', ...bye,
      ],
      subscriber: [
        ...hello, ...subscribed('a/#'), '< Publish Message [a/0]', '< Publish Message (id=1) [a/1]', '> Publish Ack (id=1)',
        '< Publish Message (id=2) [a/2]', '> Publish Received (id=2)', '< Publish Release (id=2)', '> Publish Complete (id=2)',
        '> Ping Request', '< Ping Response', '> Unsubscribe Request (id=2)', '< Unsubscribe Ack (id=2)', ...bye,
      ],
    },
  },
]

withTools(['tcpdump', 'tshark'], ({ tcpdump, tshark }) => {
  const allowed = mayCapture(tcpdump)
  if (!allowed && process.env['ZZ_REQUIRE'] !== 'all') process.stderr.write('not run, needs the right to capture on the loopback interface: run it as root\n')
  describe.skipIf(!allowed && process.env['ZZ_REQUIRE'] !== 'all')('tshark reads what passes our broker', () => {
    let broker: RunningBroker, capture: Capture, frames: readonly MqttFrame[]
    const clients = new Map<string, Readonly<Record<string, RawClient>>>()
    const runs = CONVERSATIONS.flatMap((conversation) => conversation.versions.map((version) => ({ ...conversation, version, title: `${conversation.name}, level ${version}` })))

    beforeAll(async () => {
      broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
      capture = await Capture.start(tcpdump, broker.port)
      for (const { run, version, title } of runs) {
        const dialled: RawClient[] = []
        const dial: Dial = async (clientId, options = {}) => {
          const client = await RawClient.connect(broker.port, { version, clientId, ...options })
          dialled.push(client)
          return client
        }
        clients.set(title, await run(dial, version))
        for (const client of dialled) await client.cut()
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
      await capture.stop()
      frames = await capture.read(tshark, FIELDS)
      console.log(frames)
    })
    afterAll(async () => {
      await capture?.stop()
      capture?.remove()
      await broker?.close()
    })

    test.each(runs)('$title', ({ title, lines }) => {
      for (const [name, expected] of Object.entries(lines)) {
        const { port } = clients.get(title)![name]!
        const said = frames.filter(({ client }) => client === port).flatMap(({ fromClient, info }) => info.split(', ').map((packet) => `${fromClient ? '>' : '<'} ${packet}`))
        expect(said, name).toEqual(expected)
      }
    })

    test('nothing is malformed and nothing is remarked upon', () => {
      expect(frames.filter(({ experts }) => experts.length > 0).map(({ info, experts }) => ({ info, experts }))).toEqual([])
    })
  })
})
