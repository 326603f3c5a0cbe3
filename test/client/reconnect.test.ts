// The Connector: when it dials again and when it gives up, with what CONNECT, and what it tells meanwhile.
// Time and chance are the test's.

import { expect, test } from 'vitest'
import { errorOfEnd, type MqttError } from '../../src/client/errors.ts'
import { Connector, type ConnectorEvents, type ConnectorOptions, pauseBefore } from '../../src/client/reconnect.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connack, type Connect, type Packet, PacketType } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, connectOf, ManualTimers, MemoryDialer, messageOf, settle, show } from './scripted-server.ts'

class Bench {
  readonly timers = new ManualTimers()
  readonly dialer = new MemoryDialer()
  readonly events: string[] = []
  readonly connector: Connector
  stopped: MqttError | null | undefined = undefined

  constructor(options: Partial<ConnectorOptions> = {}, handlers: Partial<ConnectorEvents> = {}) {
    const note = (line: string): void => {
      this.events.push(line)
    }
    this.connector = new Connector(
      {
        dial: this.dialer.dial,
        timers: this.timers,
        random: () => 0.5,
        connect: connectOf(5),
        reconnect: { minMs: 1000, maxMs: 8000, jitter: false, retries: Infinity },
        ...options,
      },
      {
        connected: () => note('connected'),
        refused: ({ reasonCode }) => note(`refused ${reasonCode}`),
        message: () => note('message'),
        delivered: ({ message }) => note(`delivered ${new TextDecoder().decode(message.payload)}`),
        undelivered: (_, error) => note(`undelivered ${error.name}`),
        suback: () => note('suback'),
        unsuback: () => note('unsuback'),
        drained: () => {},
        disconnected: () => note('disconnected'),
        reauthenticated: () => {},
        closed: ({ cause }) => note(`closed ${cause}`),
        waiting: ({ code }, ms) => note(`waiting ${ms} after ${code}`),
        stopped: (error) => {
          note(`stopped ${error?.code ?? 'by owner'}`)
          this.stopped = error
        },
        ...handlers,
      },
    )
  }

  start(): this {
    this.connector.start()
    return this
  }

  /** The packets written on the last link. */
  packets(version: 3 | 4 | 5 = 5): Packet[] {
    return this.dialer.last.sent(version)
  }

  connect(version: 3 | 4 | 5 = 5): Connect {
    return this.packets(version)[0] as Connect
  }

  say(packet: Packet, version: 3 | 4 | 5 = 5): this {
    this.dialer.last.give(encodePacket(packet, version))
    return this
  }

  accept(connack: Partial<Connack> = {}, version: 3 | 4 | 5 = 5): this {
    return this.say(connackOf(connack), version)
  }

  cut(): this {
    this.dialer.last.cut()
    return this
  }

  /** Events since the last call. */
  told(): string[] {
    return this.events.splice(0)
  }
}

test('a lost connection comes back after growing pauses, which begin anew with success', async () => {
  const bench = new Bench().start().accept()
  bench.cut()
  expect(bench.told()).toEqual(['connected', 'closed network', 'waiting 1000 after CONNECTION_LOST'])
  for (const ms of [2000, 4000, 8000, 8000]) {
    bench.dialer.failures.push(new Error('refused'))
    bench.timers.pass(bench.timers.waits[0]!)
    await settle()
    expect(bench.told()).toEqual([`waiting ${ms} after CONNECTION_FAILED`])
  }
  expect(bench.dialer.links.length).toBe(1)
  bench.timers.pass(7999)
  expect(bench.dialer.links.length).toBe(1)
  bench.timers.pass(1)
  expect(bench.dialer.links.length).toBe(2)
  bench.accept().cut()
  expect(bench.told()).toEqual(['connected', 'closed network', 'waiting 1000 after CONNECTION_LOST'])
})

test('jitter takes up to half of a pause', () => {
  const policy = { minMs: 1000, maxMs: 30_000, jitter: true, retries: Infinity }
  expect(pauseBefore(0, policy, () => 0)).toBe(1000)
  expect(pauseBefore(0, policy, () => 0.5)).toBe(750)
  expect(pauseBefore(3, policy, () => 0.5)).toBe(6000)
  expect(pauseBefore(1000, policy, () => 0)).toBe(30_000)
})

test('so many retries and no more', async () => {
  const bench = new Bench({ reconnect: { minMs: 10, maxMs: 10, jitter: false, retries: 2 } }).start().accept()
  bench.dialer.failures.push(new Error('1'), new Error('2'))
  bench.cut().timers.pass(10)
  await settle()
  bench.timers.pass(10)
  await settle()
  expect(bench.told()).toEqual([
    'connected',
    'closed network',
    'waiting 10 after CONNECTION_LOST',
    'waiting 10 after CONNECTION_FAILED',
    'stopped CONNECTION_FAILED',
  ])
})

test('without a policy the first end is the last', () => {
  const bench = new Bench({ reconnect: null }).start().accept().cut()
  expect(bench.told()).toEqual(['connected', 'closed network', 'stopped CONNECTION_LOST'])
  expect(bench.timers.waits).toEqual([])
})

test('a first attempt that fails is told, not repeated, unless asked for', async () => {
  const once = new Bench()
  once.dialer.failures.push(Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' }))
  once.start()
  await settle()
  expect(once.told()).toEqual(['stopped CONNECTION_FAILED'])
  expect((once.stopped!.cause as { code: string }).code).toBe('ECONNREFUSED')
  const again = new Bench({ retryFirst: true })
  again.dialer.failures.push(new Error('nobody there'))
  again.start()
  await settle()
  expect(again.told()).toEqual(['waiting 1000 after CONNECTION_FAILED'])
})

for (const reasonCode of [0x85, 0x86, 0x87, 0x8a, 0x8c, 0x9d]) {
  test(`a refusal with 0x${reasonCode.toString(16)} is final`, () => {
    const bench = new Bench().start().accept().cut()
    bench.timers.pass(1000)
    bench.accept({ reasonCode }).cut()
    expect(bench.told().slice(-3)).toEqual([`refused ${reasonCode}`, 'closed refused', 'stopped CONNECTION_REFUSED'])
    expect(bench.stopped!.reasonCode).toBe(reasonCode)
  })
}

test('a busy server is tried again; a session taken over is not', () => {
  const bench = new Bench().start().accept().cut()
  bench.timers.pass(1000)
  bench.accept({ reasonCode: 0x89 }).cut()
  expect(bench.told().at(-1)).toBe('waiting 2000 after CONNECTION_REFUSED')
  bench.timers.pass(2000)
  bench.accept().say({ type: PacketType.Disconnect, reasonCode: 0x8b, properties: NO_PROPERTIES }).cut()
  expect(bench.told().at(-1)).toBe('waiting 1000 after SERVER_DISCONNECTED')
  bench.timers.pass(1000)
  bench.accept().say({ type: PacketType.Disconnect, reasonCode: 0x8e, properties: NO_PROPERTIES }).cut()
  expect(bench.told().at(-1)).toBe('stopped SERVER_DISCONNECTED')
  expect(bench.stopped!.hint).toBe('another client uses the same clientId')
})

for (const [name, returnCode] of [
  ['user name', 4],
  ['authorisation', 5],
  ['identifier', 2],
] as const) {
  test(`3.1.1: return code ${returnCode} (${name}) is final`, () => {
    const bench = new Bench({ connect: connectOf(4), retryFirst: true }).start().accept({ reasonCode: returnCode }, 4).cut()
    expect(bench.told().at(-1)).toBe('stopped CONNECTION_REFUSED')
  })
}

test('5.0 that is not known leads to 3.1.1 at once, and stays with it', () => {
  const bench = new Bench({ fallback: true, connect: connectOf(5, { properties: { receiveMaximum: 5 }, password: new Uint8Array(1) }) }).start()
  bench.connect()
  bench.dialer.last.give(Uint8Array.of(0x20, 2, 0, 1))
  bench.cut()
  const connect = bench.connect(4)
  expect([connect.version, connect.password, connect.properties]).toEqual([4, null, {}])
  bench.accept({}, 4).cut()
  expect(bench.told()).toEqual(['connected', 'closed network', 'waiting 1000 after CONNECTION_LOST'])
  bench.timers.pass(1000)
  expect(bench.connect(4).version).toBe(4)
})

test('0x84 leads to 3.1.1 too; a forced version does not', () => {
  const bench = new Bench({ fallback: true }).start().accept({ reasonCode: 0x84 }).cut()
  expect(bench.connect(4).version).toBe(4)
  const forced = new Bench().start().accept({ reasonCode: 0x84 }).cut()
  expect(forced.told()).toEqual(['refused 132', 'closed refused', 'stopped CONNECTION_REFUSED'])
})

test('a server that closes without CONNACK is tried with 3.1.1 once; then it was not the version', () => {
  const bench = new Bench({ fallback: true, retryFirst: true }).start().cut()
  expect(bench.connect(4).version).toBe(4)
  bench.cut()
  expect(bench.told()).toEqual(['closed network', 'waiting 1000 after CONNECTION_LOST'])
  bench.timers.pass(1000)
  expect(bench.connect().version).toBe(5)
})

test('the next CONNECT resumes the session under the assigned identifier', () => {
  const bench = new Bench({ connect: connectOf(5, { clientId: '', properties: { sessionExpiryInterval: 60 } }) }).start()
  bench.accept({ properties: { assignedClientIdentifier: 'auto-7' } }).cut()
  bench.timers.pass(1000)
  const connect = bench.connect()
  expect([connect.clientId, connect.cleanStart]).toEqual(['auto-7', false])
})

test('a server that grants no session is not asked to resume it; `keepConnect` changes nothing but the identifier', () => {
  const none = new Bench({ connect: connectOf(5, { properties: { sessionExpiryInterval: 60 } }) }).start()
  none
    .accept({ properties: { sessionExpiryInterval: 0 } })
    .cut()
    .timers.pass(1000)
  expect(none.connect().cleanStart).toBe(true)
  const kept = new Bench({ keepConnect: true, connect: connectOf(5, { properties: { sessionExpiryInterval: 60 } }) }).start()
  kept.accept().cut().timers.pass(1000)
  expect(kept.connect().cleanStart).toBe(true)
})

test('messages published without a connection go out with the next one', () => {
  const bench = new Bench({ connect: connectOf(5, { properties: { sessionExpiryInterval: 60 } }) }).start()
  bench.connector.publish(messageOf('a', '1', 1))
  bench.packets()
  bench.accept()
  expect(bench.packets().map(show)).toEqual(["PUBLISH q1 1 'a' 1"])
  bench.cut()
  const taken = messageOf('a', '3', 1)
  bench.connector.publish(messageOf('a', '2', 0))
  bench.connector.publish(taken)
  expect(bench.connector.cancel(taken)).toBe(true)
  bench.timers.pass(1000)
  bench.packets()
  bench.accept({ sessionPresent: true })
  expect(bench.packets().map(show)).toEqual(["PUBLISH dup q1 1 'a' 1", "PUBLISH q0 0 'a' 2"])
  bench.say(ackOf('puback', 1))
  expect(bench.told().filter((line) => line.startsWith('delivered'))).toEqual(['delivered 2', 'delivered 1'])
})

test('disconnect in each state stops for good', async () => {
  const connected = new Bench().start().accept()
  connected.connector.disconnect()
  expect(connected.packets().map(show)).toEqual(['CONNECT', 'DISCONNECT'])
  connected.cut()
  expect(connected.told()).toEqual(['connected', 'closed disconnect', 'stopped by owner'])

  const waiting = new Bench().start().accept().cut()
  waiting.connector.disconnect()
  waiting.timers.pass(100_000)
  expect(waiting.told().slice(-1)).toEqual(['stopped by owner'])
  expect(waiting.dialer.links.length).toBe(1)

  const connecting = new Bench().start()
  connecting.connector.disconnect()
  expect(connecting.dialer.last.ended).toBe('destroy')
  connecting.cut()
  expect(connecting.told()).toEqual(['closed destroyed', 'stopped by owner'])

  let reject: (error: Error) => void = () => {}
  const dialling = new Bench({
    dial: () =>
      new Promise((_, no) => {
        reject = no
      }),
  }).start()
  dialling.connector.destroy()
  reject(new Error('aborted'))
  await settle()
  expect(dialling.told()).toEqual(['stopped by owner'])
  expect(() => dialling.connector.publish(messageOf('a', 'x'))).toThrow('stopped')
})

test('a dial that succeeds after it was given up is cut', async () => {
  const dialer = new MemoryDialer()
  let go: () => void = () => {}
  const bench = new Bench({
    dial: async (accept, signal) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return dialer.dial(accept, new AbortController().signal).finally(() => signal.aborted)
    },
  }).start()
  bench.connector.destroy()
  go()
  await settle()
  expect(dialer.last.ended).toBe('destroy')
  expect(bench.told()).toEqual(['stopped by owner'])
})

test('a handler that stops the connector in `refused` or `closed` is obeyed', () => {
  const refused: Bench = new Bench({}, { refused: () => refused.connector.destroy() })
  refused.start().accept({ reasonCode: 0x89 }).cut()
  expect(refused.told()).toEqual(['closed refused', 'stopped by owner'])
  const closed: Bench = new Bench({}, { closed: () => closed.connector.destroy() })
  closed.start().accept().cut()
  expect(closed.told()).toEqual(['connected', 'stopped by owner'])
  expect(closed.timers.waits).toEqual([])
})

test('a CONNECT that cannot be sent is told before anything is dialled', () => {
  const bench = new Bench({ connect: connectOf(5, { keepAlive: 70_000 }) })
  expect(() => bench.start()).toThrow('70000')
  expect(bench.dialer.links.length).toBe(0)
})

test('every end has an error with words', () => {
  for (const cause of [
    'server-disconnect',
    'refused',
    'protocol-error',
    'authentication',
    'keep-alive',
    'timeout',
    'network',
    'destroyed',
    'disconnect',
  ] as const) {
    expect(errorOfEnd({ cause, reasonCode: 0x87, error: null }).message.length).toBeGreaterThan(10)
  }
})
