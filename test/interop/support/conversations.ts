// What clients say to our broker while it is being listened to, and what Wireshark's Info column must show of it, connection by connection.
// Lines: `>` from the client, `<` from the broker; `retain` and `dup` stand behind a PUBLISH that has the flag.

import { PacketType, type ProtocolVersion, type Will } from '../../../src/wire/mqtt/packet.ts'
import type { RawClient, RawConnect } from './raw-client.ts'

export type Dial = (clientId: string, options?: Partial<RawConnect>) => Promise<RawClient>

export interface Conversation {
  readonly name: string
  readonly versions: readonly ProtocolVersion[]
  /** Returns the connections that matter, by name, when all is said. */
  run(dial: Dial, version: ProtocolVersion): Promise<Readonly<Record<string, RawClient>>>
  readonly lines: Readonly<Record<string, readonly string[]>>
  /** A flag that 3.1 does not have: left out of its lines. */
  readonly since311?: string
}

const ALL: readonly ProtocolVersion[] = [3, 4, 5]
const HELLO = ['> Connect Command', '< Connect Ack']
const PING = ['> Ping Request', '< Ping Response']
const BYE = '> Disconnect Req'
const subscribed = (filter: string, id = 1): string[] => [`> Subscribe Request (id=${id}) [${filter}]`, `< Subscribe Ack (id=${id})`]
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const kept = (version: ProtocolVersion): Partial<RawConnect> => ({ cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 600 } : {} })

export const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'QoS 0, 1 and 2 to a subscriber of QoS 2',
    versions: ALL,
    run: async (dial) => {
      const subscriber = await dial('s')
      const publisher = await dial('p')
      await subscriber.subscribe([{ topicFilter: 'a/#', qos: 2 }])
      for (const qos of [0, 1, 2] as const) await publisher.publish({ topicName: `a/${qos}`, payload: 'x', qos })
      await subscriber.until(() => subscriber.seen(PacketType.Pubrel) > 0, 'PUBREL')
      await subscriber.ping()
      await subscriber.unsubscribe('a/#')
      await publisher.disconnect()
      await subscriber.disconnect()
      return { publisher, subscriber }
    },
    lines: {
      publisher: [
        ...HELLO,
        '> Publish Message [a/0]',
        '> Publish Message (id=1) [a/1]',
        '< Publish Ack (id=1)',
        '> Publish Message (id=2) [a/2]',
        '< Publish Received (id=2)',
        '> Publish Release (id=2)',
        '< Publish Complete (id=2)',
        BYE,
      ],
      subscriber: [
        ...HELLO,
        ...subscribed('a/#'),
        '< Publish Message [a/0]',
        '< Publish Message (id=1) [a/1]',
        '> Publish Ack (id=1)',
        '< Publish Message (id=2) [a/2]',
        '> Publish Received (id=2)',
        '< Publish Release (id=2)',
        '> Publish Complete (id=2)',
        ...PING,
        '> Unsubscribe Request (id=2)',
        '< Unsubscribe Ack (id=2)',
        BYE,
      ],
    },
  },
  {
    name: 'a retained message, before and after it is cleared',
    versions: ALL,
    run: async (dial) => {
      const publisher = await dial('p')
      const early = await dial('early')
      const late = await dial('late')
      await early.subscribe([{ topicFilter: 'kept' }])
      await publisher.publish({ topicName: 'kept', payload: 'x', qos: 1, retain: true })
      await early.ping()
      await late.subscribe([{ topicFilter: 'kept', qos: 1 }])
      await late.ping()
      await publisher.publish({ topicName: 'kept', qos: 1, retain: true })
      await late.ping()
      return { publisher, early, late }
    },
    lines: {
      publisher: [...HELLO, '> Publish Message (id=1) [kept] retain', '< Publish Ack (id=1)', '> Publish Message (id=2) [kept] retain', '< Publish Ack (id=2)'],
      early: [...HELLO, ...subscribed('kept'), '< Publish Message [kept]', ...PING, '< Publish Message [kept]'],
      late: [
        ...HELLO,
        ...subscribed('kept'),
        '< Publish Message (id=1) [kept] retain',
        '> Publish Ack (id=1)',
        ...PING,
        '< Publish Message (id=2) [kept]',
        '> Publish Ack (id=2)',
        ...PING,
      ],
    },
  },
  {
    name: 'a will',
    versions: ALL,
    run: async (dial, version) => {
      const will: Will = {
        topicName: 'will',
        payload: text('gone'),
        qos: 1,
        retain: false,
        properties: version === 5 ? { willDelayInterval: 0, responseTopic: 'answers', userProperties: [['a', 'b']], messageExpiryInterval: 60 } : {},
      }
      const watcher = await dial('w')
      const victim = await dial('v', { will })
      await watcher.subscribe([{ topicFilter: 'will', qos: 1 }])
      await victim.cut()
      await watcher.until(() => watcher.seen(PacketType.Publish) > 0, 'the will')
      await watcher.ping()
      return { watcher, victim }
    },
    lines: {
      watcher: [...HELLO, ...subscribed('will'), '< Publish Message (id=1) [will]', '> Publish Ack (id=1)', ...PING],
      victim: HELLO,
    },
  },
  {
    name: 'a session that comes back: what was not acknowledged comes again, then what waited',
    versions: ALL,
    since311: ' session present',
    run: async (dial, version) => {
      const publisher = await dial('p')
      const first = await dial(`kept${version}`, kept(version))
      first.acknowledges = false
      await first.subscribe([{ topicFilter: 'q/#', qos: 2 }])
      await publisher.publish({ topicName: 'q/1', payload: 'x', qos: 1 })
      await publisher.publish({ topicName: 'q/2', payload: 'x', qos: 2 })
      await first.ping()
      await first.cut()
      await publisher.ping()
      await publisher.publish({ topicName: 'q/3', payload: 'x', qos: 1 })
      const back = await dial(`kept${version}`, kept(version))
      await back.until(() => back.seen(PacketType.Pubrel) > 0, 'PUBREL')
      await back.ping()
      await back.disconnect()
      return { first, back }
    },
    lines: {
      first: [...HELLO, ...subscribed('q/#'), '< Publish Message (id=1) [q/1]', '< Publish Message (id=2) [q/2]', ...PING],
      back: [
        '> Connect Command',
        '< Connect Ack session present',
        '< Publish Message (id=1) [q/1] dup',
        '< Publish Message (id=2) [q/2] dup',
        '< Publish Message (id=3) [q/3]',
        '> Publish Ack (id=1)',
        '> Publish Received (id=2)',
        '> Publish Ack (id=3)',
        '< Publish Release (id=2)',
        '> Publish Complete (id=2)',
        ...PING,
        BYE,
      ],
    },
  },
  {
    name: 'Topic Aliases in both directions',
    versions: [5],
    run: async (dial) => {
      const subscriber = await dial('s', { properties: { topicAliasMaximum: 10 } })
      const publisher = await dial('p')
      await subscriber.subscribe([{ topicFilter: 'long/topic' }])
      await publisher.publish({ topicName: 'long/topic', payload: '1', qos: 1, properties: { topicAlias: 3 } })
      await subscriber.ping()
      await publisher.publish({ topicName: '', payload: '2', qos: 1, properties: { topicAlias: 3 } })
      await subscriber.ping()
      return { publisher, subscriber }
    },
    lines: {
      publisher: [...HELLO, '> Publish Message (id=1) [long/topic]', '< Publish Ack (id=1)', '> Publish Message (id=2) [long/topic]', '< Publish Ack (id=2)'],
      subscriber: [...HELLO, ...subscribed('long/topic'), '< Publish Message [long/topic]', ...PING, '< Publish Message [long/topic]', ...PING],
    },
  },
  {
    name: 'Subscription Identifiers, overlapping filters and every property of PUBLISH',
    versions: [5],
    run: async (dial) => {
      const subscriber = await dial('s')
      const publisher = await dial('p')
      await subscriber.subscribe([{ topicFilter: 'o/#', qos: 1 }], 1)
      await subscriber.subscribe([{ topicFilter: 'o/+', qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 1 }], 268_435_455)
      await publisher.publish({
        topicName: 'o/x',
        payload: 'x',
        qos: 1,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 60,
          contentType: 'text/plain',
          responseTopic: 'answers',
          correlationData: text('c'),
          userProperties: [
            ['name', 'value'],
            ['name', 'again'],
          ],
        },
      })
      await subscriber.ping()
      return { subscriber }
    },
    lines: {
      subscriber: [
        ...HELLO,
        ...subscribed('o/#'),
        ...subscribed('o/+', 2),
        '< Publish Message (id=1) [o/x] (text/plain)',
        '< Publish Message (id=2) [o/x] (text/plain)',
        '> Publish Ack (id=1)',
        '> Publish Ack (id=2)',
        ...PING,
      ],
    },
  },
  {
    name: 'a shared subscription',
    versions: [4, 5],
    run: async (dial) => {
      const one = await dial('one')
      const two = await dial('two')
      const publisher = await dial('p')
      await one.subscribe([{ topicFilter: '$share/group/s/#' }])
      await two.subscribe([{ topicFilter: '$share/group/s/#' }])
      for (const n of [1, 2, 3, 4]) {
        await publisher.publish({ topicName: `s/${n}`, payload: 'x', qos: 1 })
        await one.ping()
        await two.ping()
      }
      return { one, two }
    },
    lines: {
      one: [...HELLO, ...subscribed('$share/group/s/#'), '< Publish Message [s/1]', ...PING, ...PING, '< Publish Message [s/3]', ...PING, ...PING],
      two: [...HELLO, ...subscribed('$share/group/s/#'), ...PING, '< Publish Message [s/2]', ...PING, ...PING, '< Publish Message [s/4]', ...PING],
    },
  },
  {
    name: 'takeover: the broker says DISCONNECT in 5.0 alone',
    versions: [4],
    run: async (dial) => await takeover(dial),
    lines: { old: HELLO, young: [...HELLO, ...PING] },
  },
  {
    name: 'takeover: the broker says DISCONNECT',
    versions: [5],
    run: async (dial) => await takeover(dial),
    lines: { old: [...HELLO, '< Disconnect Req'], young: [...HELLO, ...PING] },
  },
  {
    name: 'a message of many segments, and many messages in one',
    versions: [4, 5],
    run: async (dial) => {
      const subscriber = await dial('s')
      const publisher = await dial('p')
      await subscriber.subscribe([{ topicFilter: 'big' }, { topicFilter: 'small' }])
      await publisher.publish({ topicName: 'big', payload: 'x'.repeat(300_000), qos: 1 })
      await subscriber.until(() => subscriber.seen(PacketType.Publish) === 1, 'the large message')
      const small = {
        type: PacketType.Publish,
        topicName: 'small',
        payload: text('x'),
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        properties: {},
      } as const
      publisher.send(...Array.from({ length: 100 }, () => small))
      await publisher.ping()
      await subscriber.until(() => subscriber.seen(PacketType.Publish) === 101, 'all small messages')
      return { subscriber, publisher }
    },
    lines: {
      publisher: [
        ...HELLO,
        '> Publish Message (id=1) [big]',
        '< Publish Ack (id=1)',
        ...Array.from({ length: 100 }, () => '> Publish Message [small]'),
        ...PING,
      ],
      subscriber: [
        ...HELLO,
        '> Subscribe Request (id=1) [big] [small]',
        '< Subscribe Ack (id=1)',
        '< Publish Message [big]',
        ...Array.from({ length: 100 }, () => '< Publish Message [small]'),
      ],
    },
  },
  {
    name: 'no id, a refused message, and the ids that the broker makes up',
    versions: [5],
    run: async (dial) => {
      const nameless = await dial('')
      await nameless.publish({ topicName: '$SYS/mine', payload: 'x', qos: 1 })
      await nameless.publish({ topicName: 'nobody/there', payload: 'x', qos: 2 })
      await nameless.unsubscribe('never/subscribed')
      await nameless.disconnect(4)
      return { nameless }
    },
    lines: {
      nameless: [
        ...HELLO,
        '> Publish Message (id=1) [$SYS/mine]',
        '< Publish Ack (id=1)',
        '> Publish Message (id=2) [nobody/there]',
        '< Publish Received (id=2)',
        '> Publish Release (id=2)',
        '< Publish Complete (id=2)',
        '> Unsubscribe Request (id=3)',
        '< Unsubscribe Ack (id=3)',
        BYE,
      ],
    },
  },
]

async function takeover(dial: Dial): Promise<Record<string, RawClient>> {
  const old = await dial('same')
  const young = await dial('same')
  await old.until(() => old.isClosed, 'the end of the older connection')
  await young.ping()
  return { old, young }
}
