// Random sequences of what three clients do, carried out against Debian's mosquitto and against our broker: every client receives the same.
// Seeds are fixed; a failure shows the operations up to the first difference. support/ says which freedoms are made equal.

import { describe, expect, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import { withTools } from '../support/require-tools.ts'
import { Mosquitto } from './support/mosquitto.ts'
import { type ClientName, type Operation, operationsFrom } from './support/operations.ts'
import { type Observation, observe } from './support/world.ts'

/** For a longer hunt: how many seeds, and which is the first. */
const SEEDS = Number(process.env['ZZ_SEEDS'] ?? 50)
const FIRST = Number(process.env['ZZ_FIRST_SEED'] ?? 1)
const OPERATIONS = 40

/** What the older version does by default and 2.1 otherwise. */
const AS_21 = ['allow_duplicate_messages true', 'max_packet_size 2000000', 'sys_interval 0', 'set_tcp_nodelay true']

interface KnownDifference {
  readonly name: string
  readonly operations: readonly Operation[]
  /** After the last operation. */
  readonly theirs: Observation
  readonly ours: Observation
}

/** Where 2.0.11 does otherwise than 2.1 or than the standard: random operations leave these out, here both sides are shown. */
const KNOWN: readonly KnownDifference[] = [
  {
    name: '2.0.11 takes over a connection of 5.0 without DISCONNECT 0x8E and without its will [MQTT-3.1.4-3, MQTT-3.1.2-8]',
    operations: [
      connect('b'),
      subscribe('b', 'w'),
      connect('a', { expiry: 60, will: { topicName: 'w', payload: 'gone', qos: 0, retain: false, delay: 0 } }),
      connect('a', { expiry: 60, cleanStart: false }),
    ],
    theirs: { a: ['CONNACK session present true code 0'] },
    ours: { a: ['DISCONNECT 142', 'CONNACK session present true code 0'], b: ['PUBLISH w "gone" q0 r0 d0'] },
  },
  {
    name: '2.0.11 sends retained messages to new shared subscriptions [MQTT 5.0, section 4.8.2]',
    operations: [connect('a'), publish('a', 'w', { retain: true }), subscribe('a', '$share/g/w')],
    theirs: { a: ['SUBACK 0', 'PUBLISH w "m" q0 r1 d0'] },
    ours: { a: ['SUBACK 0'] },
  },
  {
    name: '2.0.11 sends retained messages with No Local to their own publisher [MQTT-3.8.3-3]',
    operations: [connect('a'), publish('a', 'w', { retain: true }), subscribe('a', 'w', { noLocal: true })],
    theirs: { a: ['SUBACK 0', 'PUBLISH w "m" q0 r1 d0'] },
    ours: { a: ['SUBACK 0'] },
  },
  {
    name: '2.0.11 keeps the Subscription Options of the older subscription, but for its QoS [MQTT-3.8.4-3]',
    operations: [connect('a'), subscribe('a', 'w', { noLocal: true }), subscribe('a', 'w'), publish('a', 'w')],
    theirs: {},
    ours: { a: ['PUBLISH w "m" q0 r0 d0'] },
  },
  {
    name: '2.0.11 lets a will wait longer than its session lives [MQTT-3.1.3-9]',
    operations: [
      connect('b'),
      subscribe('b', 'w'),
      connect('a', { will: { topicName: 'w', payload: 'gone', qos: 0, retain: false, delay: 60 } }),
      { kind: 'cut', client: 'a' },
    ],
    theirs: {},
    ours: { b: ['PUBLISH w "gone" q0 r0 d0'] },
  },
]

withTools(['mosquitto'], ({ mosquitto }) => {
  describe("what clients receive from Debian's mosquitto and from us", () => {
    test.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))('is the same for seed %i', async (seed) => {
      const operations = operationsFrom(seed, OPERATIONS)
      const [theirs, ours] = await Promise.all([theirObservations(mosquitto, operations), ourObservations(operations)])
      const at = operations.findIndex((_, i) => JSON.stringify(ours[i]) !== JSON.stringify(theirs[i]))
      if (at < 0) return
      const story = operations.slice(0, at + 1).map((operation, i) => `${JSON.stringify(operation)}\n    ${JSON.stringify(theirs[i])}`)
      expect(ours[at], story.join('\n')).toEqual(theirs[at])
    })

    test.each(KNOWN)('differs: $name', async ({ operations, theirs, ours }) => {
      expect((await theirObservations(mosquitto, operations)).at(-1)).toEqual(theirs)
      expect((await ourObservations(operations)).at(-1)).toEqual(ours)
    })
  })
})

type Of<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>

/** In 5.0, with nothing special. */
function connect(client: ClientName, more: Partial<Of<'connect'>> = {}): Operation {
  return { kind: 'connect', client, version: 5, cleanStart: true, expiry: 0, receiveMaximum: null, will: null, acknowledges: true, ...more }
}

function subscribe(client: ClientName, topicFilter: string, options: Partial<Of<'subscribe'>['requests'][number]> = {}): Operation {
  return {
    kind: 'subscribe',
    client,
    requests: [{ topicFilter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...options }],
    identifier: null,
  }
}

function publish(client: ClientName, topicName: string, more: Partial<Of<'publish'>> = {}): Operation {
  return { kind: 'publish', client, topicName, payload: 'm', qos: 0, retain: false, alias: 0, aliasIsKnown: false, hasProperties: false, ...more }
}

async function theirObservations(program: string, operations: readonly Operation[]): Promise<Observation[]> {
  const broker = await Mosquitto.start(program, { options: AS_21 })
  try {
    return await observe(broker.port, operations)
  } finally {
    await broker.close()
  }
}

async function ourObservations(operations: readonly Operation[]): Promise<Observation[]> {
  const broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
  try {
    return await observe(broker.port, operations)
  } finally {
    await broker.close()
  }
}
