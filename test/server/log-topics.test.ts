// `log_dest topic`: lines as messages below `$SYS/broker/log/`, for subscribers; never a line about a line.
// The log writes into a broker without sockets; turns are the test's own.

import { expect, test } from 'vitest'
import type { LogType } from '../../src/base/log.ts'
import type { BrokerMessage } from '../../src/broker/inner-publishes.ts'
import type { Limits } from '../../src/broker/limits.ts'
import { ConnectionLog } from '../../src/server/connection-log.ts'
import { ALL_LOG_TYPES, LineLog } from '../../src/server/log-destinations.ts'
import { LogTopics } from '../../src/server/log-topics.ts'
import { TestBroker } from '../support/test-broker.ts'

interface Setting {
  readonly b: TestBroker
  readonly topics: LogTopics
  readonly log: LineLog
  turn(): void
}

/** A broker that logs everything, to topics too. */
function setUp(limits: Partial<Limits> = {}): Setting {
  const scheduled: (() => void)[] = []
  const topics = new LogTopics((work) => void scheduled.push(work))
  const log = new LineLog({ write: () => {}, types: ALL_LOG_TYPES, sinks: [topics], wallClock: () => 7_000, schedule: () => {} })
  const told = new ConnectionLog(log, { connectionMessages: true, now: () => 0 })
  const b = new TestBroker({ observer: told, trace: told, log, limits })
  topics.publishTo((message) => b.broker.publish(message))
  const turn = (): void => {
    for (let i = 0; i < 10; i++) for (const work of scheduled.splice(0)) work()
    expect(scheduled).toEqual([])
  }
  return { b, topics, log, turn }
}

test('each type has its topic; debug and internal lines have none', () => {
  const { b, log, turn } = setUp()
  const reader = b.client('reader', { version: 5 })
  reader.subscribe('$SYS/broker/log/#')
  turn()
  reader.lines()
  for (const type of ALL_LOG_TYPES) log.write(type, type)
  turn()
  expect(reader.lines()).toEqual(
    [
      ['E', 'error'],
      ['W', 'warning'],
      ['N', 'notice'],
      ['I', 'information'],
      ['M/subscribe', 'subscribe'],
      ['M/unsubscribe', 'unsubscribe'],
      ['WS', 'websockets'],
    ].map(([topic, text]) => `PUBLISH q0 r0 d0 m0 $SYS/broker/log/${topic} 7: ${text} {"messageExpiryInterval":20}`),
  )
})

test('QoS 2, not retained; a reader sees its own subscription', () => {
  const { b, turn } = setUp()
  const reader = b.client('reader')
  reader.subscribe('$SYS/broker/log/#', 2)
  turn()
  expect(reader.lines()).toEqual([
    'SUBACK m1 [2]',
    'PUBLISH q2 r0 d0 m1 $SYS/broker/log/N 7: New connection from memory on port 1883.',
    'PUBLISH q2 r0 d0 m2 $SYS/broker/log/N 7: New client connected from memory as reader (p4, c1, k60).',
    'PUBLISH q2 r0 d0 m3 $SYS/broker/log/M/subscribe 7: reader 2 $SYS/broker/log/#',
  ])
  expect(b.broker.retainedCount).toBe(0)
})

test('lines of coming and going', () => {
  const { b, turn } = setUp()
  const reader = b.client('reader')
  reader.subscribe('$SYS/broker/log/#')
  turn()
  reader.received()
  const other = b.client('other')
  other.subscribe('a/+', 1)
  other.disconnect()
  turn()
  expect(reader.payloads()).toEqual([
    '7: New connection from memory on port 1883.',
    '7: New client connected from memory as other (p4, c1, k60).',
    '7: other 1 a/+',
    '7: Client other [memory] disconnected.',
  ])
})

test('delivering lines makes no lines: that a reader of them is too slow is not published', () => {
  const { b, log, turn } = setUp({ maximumQueuedMessages: 2, maximumInflightMessages: 1 })
  const slow = b.client('slow')
  const reader = b.client('reader')
  turn()
  slow.subscribe('$SYS/broker/log/N', 2)
  reader.subscribe('$SYS/broker/log/N')
  for (let i = 0; i < 20; i++) log.write('notice', `line ${i}`)
  turn()
  expect(b.broker.counters.publishesDropped).toBeGreaterThan(10)
  expect(reader.payloads()).toEqual(Array.from({ length: 20 }, (_, i) => `7: line ${i}`))
})

test('too much in one turn is counted', () => {
  const published: BrokerMessage[] = []
  let work = (): void => {}
  const topics = new LogTopics((next) => (work = next))
  topics.publishTo((message) => void published.push(message))
  for (let i = 0; i < 1500; i++) topics.line('notice', `line ${i}`)
  work()
  expect(published).toHaveLength(1001)
  expect(new TextDecoder().decode(published[1000]!.payload)).toBe('500 log lines were too many to be published.')
  topics.line('notice', 'next')
  work()
  expect(published).toHaveLength(1002)
})

test('before there is a broker and after it nothing is kept', () => {
  const published: string[] = []
  const works: (() => void)[] = []
  const topics = new LogTopics((work) => void works.push(work))
  const write = (type: LogType, text: string): void => {
    topics.line(type, text)
    for (const work of works.splice(0)) work()
  }
  write('notice', 'early')
  topics.publishTo((message) => void published.push(new TextDecoder().decode(message.payload)))
  write('notice', 'in time')
  topics.publishTo(null)
  write('notice', 'late')
  expect(published).toEqual(['in time'])
})
