// Which branch mutes a topic: against the plain thing, comparing with every path.
// See src/console/worker/muted-topics.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MutedTopics, mutedAbove, withMuted, withoutMuted } from '../../src/console/worker/muted-topics.ts'

const topic = fc.array(fc.constantFrom('', 'a', 'b', 'ab', '$x'), { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))

test('a topic is muted by its own path or one above it, level by level', () => {
  expect(mutedAbove(new Set(['room5']), 'room55/t')).toBe(null)
  expect(mutedAbove(new Set(['']), '/a')).toBe('')
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 5 }), topic, (paths, name) => {
      const found = mutedAbove(new Set(paths), name)
      const plain = paths.some((path) => name === path || name.startsWith(`${path}/`))
      expect(found !== null).toBe(plain)
      if (found !== null) expect(name === found || name.startsWith(`${found}/`)).toBe(true)
    }),
  )
})

test('muting takes the place of what is below; showing again ends whatever muted it', () => {
  fc.assert(
    fc.property(fc.array(topic, { maxLength: 6 }), topic, (paths, name) => {
      const muted = paths.reduce<readonly string[]>((all, path) => (mutedAbove(new Set(all), path) === null ? withMuted(all, path) : all), [])
      for (const one of muted) expect(mutedAbove(new Set(muted.filter((other) => other !== one)), one)).toBe(null)
      const after = withoutMuted(muted, name)
      expect(mutedAbove(new Set(after), name)).toBe(null)
      expect(after.length).toBe(muted.length - (mutedAbove(new Set(muted), name) === null ? 0 : 1))
    }),
  )
})

test('each topic is looked at once, and again when something else is muted', () => {
  const muted = new MutedTopics()
  const asked: number[] = []
  const topicOf = (id: number): string => {
    asked.push(id)
    return ['a/b', 'c'][id]!
  }
  expect(muted.hides(0, topicOf)).toBe(false)
  expect(muted.set(['a'])).toBe(true)
  expect(muted.set(['a'])).toBe(false)
  expect([muted.hides(0, topicOf), muted.hides(0, topicOf), muted.hides(1, topicOf)]).toEqual([true, true, false])
  expect(asked).toEqual([0, 1])
  muted.set(['c'])
  expect([muted.hides(0, topicOf), muted.hides(1, topicOf)]).toEqual([false, true])
})
