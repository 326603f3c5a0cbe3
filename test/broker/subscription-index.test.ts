// The subscription index against a naive one: what matches, in which order, and that nothing stays behind when all are gone.
// And what subscribing costs others: remembered recipients of other branches, filters of many levels.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Authorizer } from '../../src/broker/ports.ts'
import { LevelTable } from '../../src/broker/routing/level-table.ts'
import type { SharedGroup } from '../../src/broker/routing/shared-subscriptions.ts'
import type { Subscription } from '../../src/broker/routing/subscription.ts'
import { SubscriptionTree } from '../../src/broker/routing/subscription-tree.ts'
import type { Session } from '../../src/broker/session.ts'
import { TestBroker } from '../support/test-broker.ts'

function subscriptionOf(session: Session, qos: 0 | 1 | 2): Subscription {
  return { session, qos, noLocal: false, isOnlyLocal: false, retainMask: 0, identifiers: null }
}

/** The index never looks into a session. */
function sessions(count: number): Session[] {
  return Array.from({ length: count }, (_, i) => ({ clientId: `s${i}` }) as unknown as Session)
}

function matches(filter: readonly string[], topic: readonly string[]): boolean {
  if (topic[0]!.startsWith('$') && (filter[0] === '+' || filter[0] === '#')) return false
  for (let i = 0; i < filter.length; i++) {
    if (filter[i] === '#') return true
    if (i >= topic.length || (filter[i] !== '+' && filter[i] !== topic[i])) return false
  }
  return filter.length === topic.length
}

/** The exact name before `+` before `#`, from the first level on. */
function compare(a: readonly string[], b: readonly string[]): number {
  const rank = (level: string | undefined): number => (level === '#' ? 2 : level === '+' ? 1 : 0)
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (rank(a[i]) !== rank(b[i])) return rank(a[i]) - rank(b[i])
  return 0
}

/** Filter → share name ('' = not shared) → subscriptions in order. */
class NaiveIndex {
  readonly filters = new Map<string, Map<string, Subscription[]>>()

  add(filter: string, subscription: Subscription, shareName: string): void {
    const shares = this.filters.get(filter) ?? new Map<string, Subscription[]>()
    this.filters.set(filter, shares)
    const own = shares.get(shareName) ?? []
    shares.set(shareName, own)
    const place = own.findIndex(({ session }) => session === subscription.session)
    if (place < 0) own.push(subscription)
    else own[place] = subscription
  }

  remove(filter: string, session: Session, shareName: string): void {
    const shares = this.filters.get(filter)
    const kept = shares?.get(shareName)?.filter((subscription) => subscription.session !== session) ?? []
    if (kept.length > 0) shares!.set(shareName, kept)
    else shares?.delete(shareName)
    if (shares?.size === 0) this.filters.delete(filter)
  }

  match(topicName: string): { direct: Subscription[]; shared: Subscription[][] } {
    const topic = topicName.split('/')
    const found = [...this.filters].filter(([filter]) => matches(filter.split('/'), topic)).sort(([a], [b]) => compare(a.split('/'), b.split('/')))
    return {
      direct: found.flatMap(([, shares]) => shares.get('') ?? []),
      shared: found.flatMap(([, shares]) => [...shares].flatMap(([name, members]) => (name === '' ? [] : [members]))),
    }
  }
}

const level = fc.constantFrom('a', 'b', 'c', '', '$x', 'a-level-of-more-than-thirteen-characters')
const topicName = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.oneof({ weight: 2, arbitrary: level }, { weight: 1, arbitrary: fc.constant('+') }), { maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => (rest || levels.length === 0 ? [...levels, '#'] : levels).join('/'))
const step = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'remove', 'match', 'match'),
  filter,
  topicName,
  who: fc.nat(29),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  shareName: fc.constantFrom('', '', 'g', 'h'),
})

test('law: what matches, and in which order, is what a naive index says; when all are gone nothing is left', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.uniqueArray(filter, { minLength: 1, maxLength: 6 }), (steps, popular) => {
      const levels = new LevelTable()
      const tree = new SubscriptionTree(levels)
      const naive = new NaiveIndex()
      const people = sessions(30)
      for (const [i, { what, filter: any, topicName, who, qos, shareName }] of steps.entries()) {
        const text = i % 2 === 0 ? popular[who % popular.length]! : any
        const session = people[who]!
        const share = shareName === '' ? null : shareName
        if (what === 'add') {
          const subscription = subscriptionOf(session, qos)
          tree.add(text.split('/'), subscription, share)
          naive.add(text, subscription, shareName)
        } else if (what === 'remove') {
          tree.remove(text.split('/'), subscriptionOf(session, 0), share)
          naive.remove(text, session, shareName)
        } else {
          const found: Subscription[] = []
          const groups: SharedGroup[] = []
          const name = i % 3 === 0 ? text.replace('/#', '').replace('#', 'b').replaceAll('+', 'a') : topicName
          if (name === '') continue
          tree.match(name, found, groups)
          const expected = naive.match(name)
          expect(found).toEqual(expected.direct)
          expect(groups.map(({ members }) => members)).toEqual(expected.shared)
        }
      }
      for (const [text, shares] of naive.filters)
        for (const [name, members] of shares) for (const member of members) tree.remove(text.split('/'), member, name === '' ? null : name)
      expect([tree.nodeCount, levels.count]).toEqual([1, 0])
    }),
    { numRuns: 150, seed: 11 },
  )
})

test.each([2, 5, 16, 17, 100])('%i subscribers of one filter stay in the order of subscribing; who subscribes again keeps the place', (count) => {
  const tree = new SubscriptionTree(new LevelTable())
  const people = sessions(count)
  const order = (): [number, number][] => {
    const found: Subscription[] = []
    tree.match('news', found, [])
    return found.map(({ session, qos }) => [people.indexOf(session), qos])
  }
  const expected: [number, number][] = []
  for (let i = 0; i < count; i++) {
    tree.add(['news'], subscriptionOf(people[i]!, 0), null)
    expected.push([i, 0])
    tree.add(['news'], subscriptionOf(people[i >> 1]!, 1), null)
    expected[i >> 1]![1] = 1
    expect(order()).toEqual(expected)
  }
  for (let i = 0; i < count; i++) {
    const gone = (i * 37) % count
    tree.remove(['news'], subscriptionOf(people[gone]!, 0), null)
    expected.splice(
      expected.findIndex(([number]) => number === gone),
      1,
    )
    expect(order()).toEqual(expected)
  }
  expect(tree.nodeCount).toBe(1)
})

test('a deep topic with a `+` and a `#` at each level on the way finds all of them, the most exact first', () => {
  const tree = new SubscriptionTree(new LevelTable())
  const [session] = sessions(1) as [Session]
  const filters: string[] = ['a/'.repeat(60).slice(0, -1)]
  for (let depth = 60; depth >= 0; depth--) {
    const before = 'a/'.repeat(depth)
    if (depth < 60) filters.push(`${before}+${'/a'.repeat(59 - depth)}`)
    filters.push(`${before}#`)
  }
  // the `#` behind the last level comes before the `+` beside it
  const bySubscription = new Map<Subscription, string>()
  for (const filter of [...filters].sort()) {
    const subscription = subscriptionOf(session, 0)
    bySubscription.set(subscription, filter)
    tree.add(filter.split('/'), subscription, null)
  }
  const found: Subscription[] = []
  tree.match(filters[0]!, found, [])
  expect(found.map((subscription) => bySubscription.get(subscription))).toEqual(filters)
})

test('thousands of filters come, go and come again: found each time, memory is used again and given back', () => {
  const levels = new LevelTable()
  const tree = new SubscriptionTree(levels)
  const [session] = sessions(1) as [Session]
  const filters = Array.from({ length: 20_000 }, (_, i) => [`site${i % 50}`, i % 3 === 0 ? '+' : `line${i % 7}`, `device-with-a-long-name-${i}`])
  const found: Subscription[] = []
  const empty = tree.bytes
  let full = 0
  for (let round = 0; round < 3; round++) {
    for (const filter of filters) tree.add(filter, subscriptionOf(session, 0), null)
    expect(levels.count).toBe(20_000 + 50 + 7)
    for (let i = 0; i < filters.length; i += 97) {
      found.length = 0
      tree.match(filters[i]!.join('/').replace('+', 'any'), found, [])
      expect(found).toHaveLength(1)
    }
    if (round === 0) full = tree.bytes
    expect(tree.bytes).toBeLessThanOrEqual(full)
    // all but one, in another order: what is left is found, what is gone is not
    for (let i = filters.length - 1; i > 0; i--) tree.remove(filters[i]!, subscriptionOf(session, 0), null)
    found.length = 0
    tree.match('site0/any/device-with-a-long-name-0', found, [])
    tree.match('site1/line1/device-with-a-long-name-1', found, [])
    expect(found).toHaveLength(1)
    expect([tree.nodeCount, levels.count]).toEqual([4, 2])
  }
  tree.remove(filters[0]!, subscriptionOf(session, 0), null)
  expect([tree.nodeCount, levels.count, tree.bytes]).toEqual([1, 0, empty])
})

test('a level that nobody uses is forgotten: another one that gets its number is another one', () => {
  const levels = new LevelTable()
  const tree = new SubscriptionTree(levels)
  const [session] = sessions(1) as [Session]
  const found: Subscription[] = []
  tree.add(['a', 'old'], subscriptionOf(session, 0), null)
  tree.remove(['a', 'old'], subscriptionOf(session, 0), null)
  tree.add(['a', 'new'], subscriptionOf(session, 0), null)
  tree.match('a/old', found, [])
  expect(found).toHaveLength(0)
  tree.match('a/new', found, [])
  expect(found).toHaveLength(1)
  for (const unknown of ['b', 'a/x', 'a/b/c', 'x/y/z']) tree.match(unknown, found, [])
  expect([found.length, levels.count]).toEqual([1, 2])
})

test('removing what is not there changes nothing', () => {
  const tree = new SubscriptionTree(new LevelTable())
  const [one, other] = sessions(2) as [Session, Session]
  tree.add(['a', '#'], subscriptionOf(one, 0), null)
  tree.add(['a', '#'], subscriptionOf(one, 0), 'g')
  tree.remove(['a', '#'], subscriptionOf(other, 0), null)
  tree.remove(['a', '#'], subscriptionOf(other, 0), 'g')
  tree.remove(['a', '#'], subscriptionOf(one, 0), 'h')
  tree.remove(['a'], subscriptionOf(one, 0), null)
  tree.remove(['a', '#', 'b'], subscriptionOf(one, 0), null)
  const found: Subscription[] = []
  const groups: SharedGroup[] = []
  tree.match('a/b', found, groups)
  expect([found.length, groups.length]).toEqual([1, 1])
})

test('5,000 filters of 200 levels that all match: each is found once, and a node is visited once', { timeout: 20_000 }, () => {
  const tree = new SubscriptionTree(new LevelTable())
  const [session] = sessions(1) as [Session]
  let random = 1
  for (let i = 0; i < 5000; i++) {
    const filter = Array.from({ length: 200 }, () => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0
      return random >>> 31 === 0 ? '+' : 'a'
    })
    tree.add(filter, subscriptionOf(session, 0), null)
  }
  const found: Subscription[] = []
  const began = process.cpuUsage()
  for (let i = 0; i < 5; i++) tree.match(`${'a/'.repeat(199)}a`, found, [])
  const { user } = process.cpuUsage(began)
  expect(found).toHaveLength(25_000)
  expect(user / 1000 / 5).toBeLessThan(500) // 14 ms where it was measured
})

test('subscriptions with wildcards that come and go elsewhere leave remembered recipients alone', () => {
  const resolved: string[] = []
  const authorizer: Authorizer = {
    generation: 0,
    mayPublish: () => 'allow',
    maySubscribe: () => 'allow',
    mayReceive: (_client, _user, topicName) => {
      resolved.push(topicName)
      return 'allow'
    },
  }
  const b = new TestBroker({ authorizer })
  const watcher = b.client('watcher')
  watcher.subscribe('#')
  const p = b.client('p')
  const topics = Array.from({ length: 100 }, (_, i) => `plant/line${i}/temp`)
  for (const topicName of topics) p.publish(topicName, 'warm')
  expect(resolved).toHaveLength(100)
  resolved.length = 0
  const churner = b.client('churner')
  for (let i = 0; i < 2000; i++) {
    churner.subscribe(`site${i % 200}/line${i % 50}/+/#`)
    churner.subscribe(`device${i}/cmd`)
    churner.subscribe(`+/cabinet${i % 50}/#`)
    if (i % 20 === 19) for (const topicName of topics.slice(0, 10)) p.publish(topicName, 'warm')
    churner.unsubscribe(`site${i % 200}/line${i % 50}/+/#`)
    churner.unsubscribe(`device${i}/cmd`)
    churner.unsubscribe(`+/cabinet${i % 50}/#`)
  }
  // 200 + 10,000 branches share 4,096 counters: some topics are resolved anew by chance, few of a thousand publishes
  expect(resolved.length).toBeLessThan(150)
  resolved.length = 0
  churner.subscribe('plant/line5/+')
  p.publish('plant/line5/temp', 'warm')
  expect(churner.payloads()).toEqual(['warm'])
  expect(resolved).toEqual(['plant/line5/temp', 'plant/line5/temp'])
})
