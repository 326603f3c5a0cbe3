// A broker for tests, whole and on real sockets: what passed it can be asked for and waited for, packets lost, time moved. Public as `zanzara/testing`.
// For Vitest, Jest, node:test and any other; none of them is imported.

import { MqttError } from '../client/errors.ts'
import { Message, payloadBytes } from '../client/message.ts'
import { nodeTimers } from '../client/node.ts'
import { type WaitOptions, waitFor } from '../client/waiting.ts'
import { Faults } from '../faults/faults.ts'
import type { Plugin } from '../server/embedded/plugin.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../server/start-broker.ts'
import { UsageError } from '../wire/errors.ts'
import { PacketType } from '../wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../wire/mqtt/properties.ts'
import type { LoggedPacket } from './logged-packet.ts'
import { MessageLog, type PublishedMessage, topicMatcher } from './message-log.ts'
import { chooser, type PacketChoice, PacketLog } from './packet-log.ts'
import { TestClock } from './test-clock.ts'

export type { FieldValue, PacketNode } from '../analyse/kept-packet.ts'
export { Fault, type FaultOptions } from '../faults/fault.ts'
export type { CutOptions, DelayOptions, DropOptions, DuplicateOptions, Faults } from '../faults/faults.ts'
export type { Fate, Side } from '../faults/passing-packet.ts'
export type { LoggedPacket } from './logged-packet.ts'
export {
  assertDelivered,
  assertPublished,
  type BrokerMatchers,
  type DeliveredOptions,
  type ExpectedPayload,
  type MatcherResult,
  matchers,
  type PublishedOptions,
  toHaveDelivered,
  toHavePublished,
} from './matchers.ts'
export type { MessageLog } from './message-log.ts'
export type { PacketChoice, PacketLog } from './packet-log.ts'
export type { TestClock } from './test-clock.ts'

/** Milliseconds that the waiting calls wait unless they are told: less than the frameworks give a whole test. */
const PATIENCE_MS = 4000
/** Lines that a wait in vain shows. */
const MOST_SHOWN = 10

/** As for `startBroker`; the port is a free one unless given. */
export interface TestBrokerOptions extends StartBrokerOptions {
  /** `manual`: the broker's time stands still but for `clock.advance`. It runs unless given, and can be advanced all the same. */
  readonly clock?: 'running' | 'manual'
  /** Packets and messages that are kept, the latest; 100,000 unless given. */
  readonly keep?: number
}

export interface WaitForMessageOptions extends WaitOptions {
  /** Further condition. */
  readonly where?: (message: Message) => boolean
}

export interface TestBroker extends RunningBroker {
  /** Every packet that passed, in order, with Wireshark's fields. */
  readonly packets: PacketLog
  /** Every message that was published. */
  readonly messages: MessageLog
  /** Loses, delays, repeats packets and breaks connections. */
  readonly faults: Faults
  readonly clock: TestClock
  /**
   * The next message to a topic that matches, from the beginning of the test on: each is given once, whether it came before or comes later.
   * Rejects with an MqttError TIMEOUT, 4 seconds unless `timeoutMs` is given. @throws UsageError
   */
  waitForMessage(filter: string, options?: WaitForMessageOptions): Promise<Message>
  /** The next packet that passes a display filter, as `waitForMessage`. Rejects with FilterError, MqttError. */
  waitForPacket(choice: PacketChoice, options?: WaitOptions): Promise<LoggedPacket>
  /** Takes all faults out and forgets what has passed: for a broker that several tests share. Clients and retained messages stay. */
  reset(): void
}

/** Starts a broker for a test on a free port of the loopback interface. `await using`, or `close()`, ends it. @throws as startBroker */
export async function testBroker({ clock: mode = 'running', keep = 100_000, ...options }: TestBrokerOptions = {}): Promise<TestBroker> {
  if (mode !== 'running' && mode !== 'manual') throw new UsageError(`clock '${String(mode)}': give 'running' or 'manual'`)
  const clock = new TestClock(mode === 'manual')
  const packets = new PacketLog(keep, nanoseconds)
  const messages = new MessageLog(keep)
  const faults = new Faults(packets, clock)
  const listening = options.listeners === undefined && options.port === undefined ? { port: 0 } : {}
  const witness: Plugin = { name: 'test broker', onPublish: (message, { id }) => messages.add(message, id) }
  const running = await startBroker({ ...options, ...listening }, { clock, faults })
  clock.drive((now) => running.broker.run(now))
  const closed = new AbortController()
  const end = (): void => {
    clock.stop()
    closed.abort(new Error('the test broker was closed'))
  }
  const calls = { ...waitingCalls(packets, messages, closed.signal), ...closing(running, end), ...own(running, messages, witness) }
  const reset = (): void => {
    faults.clear()
    packets.clear()
    messages.clear()
  }
  return Object.assign(running, { packets, messages, faults, clock, ...calls, reset })
}

function waitingCalls(packets: PacketLog, messages: MessageLog, closed: AbortSignal): Pick<TestBroker, 'waitForMessage' | 'waitForPacket'> {
  const takenMessages = new WeakSet<Message>()
  const takenPackets = new WeakSet<LoggedPacket>()
  return {
    waitForMessage: async (filter, { where = () => true, ...limits } = {}) => {
      const matches = topicMatcher(filter)
      const isWanted = (message: Message): boolean => !takenMessages.has(message) && matches(message.topic) && where(message)
      const listen = (tell: (message: Message) => void): (() => void) => messages.listen(({ message }: PublishedMessage) => tell(message))
      const seen = (): string[] => [...messages].map((message) => `${message.topic} '${message.text()}'`)
      return await next(`message to '${filter}'`, until(limits, closed), messages, takenMessages, isWanted, listen, seen)
    },
    waitForPacket: async (choice, limits = {}) => {
      const passes = chooser(choice)
      const isWanted = (packet: LoggedPacket): boolean => !takenPackets.has(packet) && passes(packet)
      const what = typeof choice === 'string' ? `packet with ${choice}` : 'packet for which the function holds'
      return await next(
        what,
        until(limits, closed),
        packets,
        takenPackets,
        isWanted,
        (tell) => packets.listen(tell),
        () => packets.map(String),
      )
    },
  }
}

/** The caller's limits, and the end of the broker. */
function until({ timeoutMs = PATIENCE_MS, signal }: WaitOptions, closed: AbortSignal): WaitOptions {
  return { timeoutMs, signal: signal === undefined ? closed : AbortSignal.any([signal, closed]) }
}

/** The first wanted one, of those that are there or those that come. */
async function next<T extends WeakKey>(
  what: string,
  limits: WaitOptions,
  there: Iterable<T>,
  taken: WeakSet<T>,
  isWanted: (one: T) => boolean,
  listen: (tell: (one: T) => void) => () => void,
  seen: () => string[],
): Promise<T> {
  for (const one of there) {
    if (!isWanted(one)) continue
    taken.add(one)
    return one
  }
  let stop = (): void => {}
  try {
    return await waitFor<T>(nodeTimers, what, limits, (resolve, reject) => {
      stop = listen((one) => {
        try {
          if (!isWanted(one)) return
          taken.add(one)
          stop()
          resolve(one)
        } catch (error) {
          reject(error as Error) // of the test's own condition
        }
      })
      return stop
    })
  } catch (error) {
    if (!(error instanceof MqttError) || error.code !== 'TIMEOUT') throw error
    const lines = seen()
    const shown = lines.length === 0 ? 'nothing has passed' : `the last that passed:\n  ${lines.slice(-MOST_SHOWN).join('\n  ')}`
    throw new MqttError('TIMEOUT', `${error.message}; ${shown}`)
  } finally {
    stop()
  }
}

/** What the test publishes itself is logged, too; our own plugin stays the last one, which sees what the others made of a message. */
function own(running: RunningBroker, messages: MessageLog, witness: Plugin): Pick<RunningBroker, 'publish' | 'use'> {
  const publish = running.publish.bind(running)
  const use = running.use.bind(running)
  let seat = use(witness)
  return {
    publish: async (topic, payload, given = {}) => {
      const bytes = payloadBytes(payload)
      await publish(topic, bytes, given)
      const { qos = 0, retain = false, properties = NO_PROPERTIES } = given
      const packet = { type: PacketType.Publish, topicName: topic, payload: bytes, qos, retain, dup: false, packetId: 0, properties }
      messages.add(new Message(packet, () => {}), null)
    },
    use: (plugin) => {
      const used = use(plugin)
      seat[Symbol.dispose]()
      seat = use(witness)
      return used
    },
  }
}

function closing(running: RunningBroker, end: () => void): Pick<RunningBroker, 'close'> {
  const close = running.close.bind(running)
  return {
    close: () => {
      end()
      return close()
    },
  }
}

/** Since 1970. */
function nanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
}
