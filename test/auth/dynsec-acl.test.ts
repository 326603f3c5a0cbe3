// Rules of roles: which topics and filters they cover, with names in place of %c and %u, and which of several decides.
// The same questions are asked of Mosquitto's plugin in test/interop/dynsec-decisions.test.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Acl } from '../../src/auth/dynsec/acl.ts'
import { decide } from '../../src/auth/dynsec/decide.ts'
import { Client, Directory, Group, giveRole, Role } from '../../src/auth/dynsec/directory.ts'
import { topicMatchesFilter } from '../../src/wire/mqtt/topics.ts'

const ANN = { clientId: 'c1', userName: 'ann' }

const level = fc.constantFrom('a', 'b', '', 'c')
const topicName = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '', '+'), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))

test('a rule matches a Topic Name as a subscription would', () => {
  fc.assert(
    fc.property(filter, topicName, (pattern, topic) => {
      expect(new Acl('publishClientSend', pattern, 0, true).matches(topic, ANN)).toBe(topicMatchesFilter(pattern, topic))
    }),
  )
})

/** All texts of up to `most` levels out of these. */
function all(levels: readonly string[], most: number): string[] {
  const shorter = most === 1 ? [''] : ['', ...all(levels, most - 1).map((text) => `/${text}`)]
  return levels.flatMap((first) => shorter.map((rest) => first + rest))
}

test('what a pattern covers, it matches: no filter reaches further than its rule', () => {
  const filters = all(['a', 'b', '+'], 3).flatMap((text) => [text, `${text}/#`])
  const topics = all(['a', 'b'], 4)
  let covered = 0
  for (const pattern of filters) {
    const rule = new Acl('subscribePattern', pattern, 0, true)
    for (const asked of filters.filter((candidate) => rule.covers(candidate, ANN))) {
      covered++
      const beyond = topics.filter((topic) => topicMatchesFilter(asked, topic) && !topicMatchesFilter(pattern, topic))
      expect({ pattern, asked, beyond }).toEqual({ pattern, asked, beyond: [] })
    }
  }
  expect(covered).toBeGreaterThan(filters.length)
})

test.each([
  ['a/#', 'a/+/c', true],
  ['a/#', 'a', true],
  ['a/#', '#', false],
  ['a/+', 'a/#', false],
  ['a/+', 'a/+', true],
  ['a/+', 'a/b/c', false],
  ['+/b', 'a/b', true],
  ['#', '$SYS/#', false],
  ['$SYS/#', '$SYS/broker/+', true],
  ['a/b', 'a/+', false],
])('subscribePattern %s, filter %s: %s', (pattern, asked, covered) => {
  expect(new Acl('subscribePattern', pattern, 0, true).covers(asked, ANN)).toBe(covered)
})

test('a literal rule is for its own text alone, wildcards and % included', () => {
  const literal = new Acl('subscribeLiteral', 'a/+/%u', 0, true)
  expect(['a/+/%u', 'a/b/%u', 'a/+/ann'].map((asked) => literal.covers(asked, ANN))).toEqual([true, false, false])
})

test('%c and %u stand for the names of who asks', () => {
  const rule = new Acl('publishClientSend', 'dev/%c/of-%u', 0, true)
  expect(rule.matches('dev/c1/of-ann', ANN)).toBe(true)
  expect(rule.matches('dev/c1/of-bob', ANN)).toBe(false)
  expect(rule.matches('dev/%c/of-%u', ANN)).toBe(false)
  expect(rule.matches('dev/c1/of-', { clientId: 'c1', userName: null })).toBe(false)
  expect(new Acl('subscribePattern', 'dev/%u/#', 0, true).covers('dev/ann/+', ANN)).toBe(true)
})

test.each(['+', '#', 'x/y', ''])('a client named %j gains nothing by its name, and is denied what the name reaches', (userName) => {
  const names = { clientId: 'c', userName }
  const topics = ['dev/ann/up', `dev/${userName}/up`, 'dev/x/y/up']
  expect(topics.filter((topic) => new Acl('publishClientSend', 'dev/%u/up', 0, true).matches(topic, names))).toEqual([])
  expect(new Acl('publishClientSend', 'dev/%u/up', 0, false).matches(`dev/${userName}/up`, names)).toBe(true)
  expect(new Acl('publishClientSend', 'dev/%u/up', 0, false).matches('dev/ann/up', names)).toBe(false)
})

/** ann with a role of her own and one by a group. */
function home(): { readonly directory: Directory; readonly own: Role; readonly shared: Role } {
  const directory = new Directory()
  const [own, shared] = [new Role('own'), new Role('shared')]
  const ann = new Client('ann')
  const group = new Group('g')
  directory.clients.set('ann', ann)
  giveRole(ann, own, 0)
  giveRole(group, shared, 99)
  directory.join(ann, group, 99)
  return { directory, own, shared }
}

const allowed = (directory: Directory, topic: string, access: 'publishClientSend' | 'subscribe' = 'publishClientSend'): boolean | undefined =>
  decide(directory, access, ANN, topic)?.allow

test('the roles of a client go before those of its groups, whatever the priorities', () => {
  const { directory, own, shared } = home()
  shared.add(new Acl('publishClientSend', 'a', 100, true))
  expect(allowed(directory, 'a')).toBe(true)
  own.add(new Acl('publishClientSend', '#', 0, false))
  expect(allowed(directory, 'a')).toBe(false)
})

test('in a role the higher priority decides, and of equal ones the first', () => {
  const { directory, own } = home()
  own.add(new Acl('publishClientSend', 'a', 1, false))
  own.add(new Acl('publishClientSend', 'a/#', 1, true))
  expect(allowed(directory, 'a')).toBe(false)
  own.add(new Acl('publishClientSend', '+', 2, true))
  expect(allowed(directory, 'a')).toBe(true)
})

test('a filter’s own text goes before patterns of higher priority', () => {
  const { directory, own } = home()
  own.add(new Acl('subscribePattern', '#', 9, false))
  own.add(new Acl('subscribeLiteral', 'a/#', 0, true))
  expect(['a/#', 'a/b'].map((topic) => allowed(directory, topic, 'subscribe'))).toEqual([true, false])
})

test('without wildcard subscriptions a role refuses them, unless a role before it has answered', () => {
  const { directory, own, shared } = home()
  shared.allowWildcardSubscriptions = false
  shared.add(new Acl('subscribePattern', '#', 0, true))
  expect(['a', 'a/#', '+/a'].map((topic) => allowed(directory, topic, 'subscribe'))).toEqual([true, false, false])
  own.add(new Acl('subscribePattern', 'a/#', 0, true))
  expect(allowed(directory, 'a/#', 'subscribe')).toBe(true)
})

test('defaults hold where no role says anything, but never for $CONTROL; of unknown users nothing is said', () => {
  const { directory } = home()
  directory.defaults.publishClientSend = true
  expect(['a', '$x/a', '$CONTROL/x', '$CONTROL'].map((topic) => allowed(directory, topic))).toEqual([true, true, undefined, undefined])
  expect(decide(directory, 'publishClientSend', { clientId: 'c', userName: 'nobody' }, 'a')).toBe(null)
})
