// What helps people with display filters: judging and completing what is typed, filters made of fields, joined filters, the list of those used before.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FilterStorage, readFilters, storeFilters, withFilter, withStar } from '../../src/console/views/packets/filter-history.ts'
import { JOININGS, joinedFilter } from '../../src/console/views/packets/filter-text.ts'
import { checkFilter, completeFilter } from '../../src/console/worker/packets/filter-entry.ts'
import { quoted } from '../../src/console/worker/packets/quoted.ts'
import { compileFilter } from '../../src/filter/filter.ts'
import { LabCapture, publish } from '../support/lab-capture.ts'
import { CAPTURES, captureBytes, numbersOf, storeOf, work } from './support/packet-stores.ts'

test.each([
  ['', { state: 'empty' }],
  ['   ', { state: 'empty' }],
  ['mqtt', { state: 'valid', fields: ['mqtt'] }],
  ['mqtt.qos > 0 && tcp', { state: 'valid', fields: ['mqtt.qos', 'tcp'] }],
  ['mqtt.qos != 1', { state: 'risky', hint: 'not-equal' }],
  ['mqtt.topic == "a != b"', { state: 'valid', fields: ['mqtt.topic'] }],
  ['mqtt.qos !== 1', { state: 'valid', fields: ['mqtt.qos'] }],
  ['mqtt.topik', { state: 'wrong', offset: 0, length: 10, suggestion: 'mqtt.topic' }],
  ['mqtt &&', { state: 'wrong' }],
  ['mqtt.qos == "two"', { state: 'wrong' }],
])('%j is judged', (filter, verdict) => {
  expect(checkFilter(filter)).toMatchObject(verdict)
})

test('whatever is typed is judged and completed without an error, and what is valid compiles', () => {
  const words = fc.constantFrom(
    'mqtt',
    'mqtt.topic',
    'mqtt.qos',
    '==',
    '!=',
    '&&',
    '||',
    '!',
    '(',
    ')',
    '"a/b"',
    '1',
    '{1, 2}',
    'in',
    'contains',
    ' ',
    '"',
    'x',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 9 }), fc.nat(60), (parts, at) => {
      const text = parts.join(' ')
      const { state } = checkFilter(text)
      if (state === 'valid' || state === 'risky') expect(() => compileFilter(text)).not.toThrow()
      const caret = Math.min(at, text.length)
      const { from, to, items } = completeFilter(text, caret)
      expect(from <= caret && caret <= to && to <= text.length).toBe(true)
      if (items.length > 0) expect(new Set(items.map((item) => `${item.text} ${item.label}`)).size).toBe(items.length)
    }),
  )
})

test.each([
  ['mqtt.to', 7, 'mqtt.topic', 'field'],
  ['tcp && mqtt.qo', 14, 'mqtt.qos', 'field'],
  ['mqtt.topic ', 11, 'contains', 'word'],
  ['mqtt ', 5, '&&', 'word'],
  ['mqtt.msgtype == pub', 19, '3', 'value'],
  ['mqtt.msgtype in {1, subs', 24, '8', 'value'],
  ['le', 2, 'len(', 'word'],
])('%j at %i suggests %j', (text, caret, suggestion, kind) => {
  const { items } = completeFilter(text, caret)
  expect(items.find((item) => item.text === suggestion)?.kind).toBe(kind)
})

test('what people of MQTT look for is suggested first', () => {
  expect(completeFilter('mqtt', 4).items[0]?.text).toBe('mqtt')
  expect(completeFilter('t', 1).items[0]?.text).toBe('tcp')
})

test('nothing is suggested inside of a text, nor where nothing is left to complete', () => {
  expect(completeFilter('mqtt.qos == 1', 13).items).toEqual([])
  expect(completeFilter('mqtt.topic contains "mqtt.to', 28).items).toEqual([])
})

test('the middle of a name is replaced as a whole', () => {
  expect(completeFilter('mqtt.topic == "a"', 6)).toMatchObject({ from: 0, to: 10 })
})

test.each(CAPTURES.filter((name) => name !== 'many.pcapng'))(
  '%s: the filter of each field finds the packet that has it',
  (name) => {
    const store = storeOf(captureBytes(name))
    const wanted = new Map<string, number[]>()
    for (const number of numbersOf(store)
      .filter((one) => one % 3 === 1)
      .slice(0, 5))
      for (const { filter } of store.detail(number)!.lines) if (filter !== '') wanted.set(filter, [...(wanted.get(filter) ?? []), number])
    expect(wanted.size).toBeGreaterThan(10)
    for (const [filter, numbers] of wanted) {
      // times to the packet shown before, and notes that only the end tells, depend on more than the packet
      if (/^(?:frame\.time_delta_displayed|zz\b)/.test(filter)) continue
      store.setFilter(filter)
      work(store)
      expect({ filter, missing: numbers.filter((number) => store.rowOf(number) < 0) }).toEqual({ filter, missing: [] })
    }
  },
  60_000,
)

test('a text of any characters is quoted so that the filter finds it', () => {
  for (const text of ['a/b', 'say "hi"', 'back\\slash', 'line\nend', 'tab\t', 'è ₿ 𝄞', '\u202egnirts']) {
    const lab = new LabCapture()
    const client = lab.client('10.0.5.23', 40_000, 4)
    client.connects('one')
    client.says(publish('t', text)).says(publish('u', 'another'))
    const filter = `mqtt.msg == ${quoted(text)} || mqtt.topic == ${quoted(text)}`
    expect(() => compileFilter(filter)).not.toThrow()
  }
  const lab = new LabCapture()
  lab.client('10.0.5.23', 40_000, 4).connects('quo"te \\ ü')
  expect(storeOf(new Uint8Array(lab.file), { filter: `mqtt.clientid == ${quoted('quo"te \\ ü')}` }).passing).toBe(1)
})

test('conditions are joined so that they mean what the words say', () => {
  const bytes = captureBytes('m5-props.pcapng')
  const passing = (filter: string): Set<number> => new Set(numbersOf(storeOf(bytes, { filter })))
  const all = passing('')
  for (const there of ['mqtt.qos == 0 || tcp.flags.syn == 1', 'mqtt'])
    for (const condition of ['mqtt.msgtype == 3', 'mqtt.qos']) {
      const [before, added] = [passing(there), passing(condition)]
      const expected: Record<(typeof JOININGS)[number], (number: number) => boolean> = {
        alone: (number) => added.has(number),
        not: (number) => !added.has(number),
        and: (number) => before.has(number) && added.has(number),
        or: (number) => before.has(number) || added.has(number),
        'and-not': (number) => before.has(number) && !added.has(number),
        'or-not': (number) => before.has(number) || !added.has(number),
      }
      for (const how of JOININGS) {
        const joined = joinedFilter(there, condition, how)
        expect({ joined, passing: [...passing(joined)] }).toEqual({ joined, passing: [...all].filter(expected[how]) })
      }
    }
  expect(joinedFilter('', 'mqtt', 'and')).toBe('mqtt')
  expect(joinedFilter('  ', 'mqtt', 'or-not')).toBe('!mqtt')
})

/** A storage that holds one text, or fails. */
function storage(text: string | null, fails = false): FilterStorage & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text
    },
    setItem(_key, value) {
      if (fails) throw new Error('full')
      this.text = value
    },
  }
}

test('filters used before: the newest first, once each, twenty at most; those with a star stay', () => {
  let kept = withStar([], 'mqtt.qos == 2')
  for (let n = 0; n < 30; n++) kept = withFilter(kept, `tcp.port == ${n}`)
  kept = withFilter(kept, 'tcp.port == 20')
  expect(kept[0]).toEqual({ text: 'tcp.port == 20', isStarred: false })
  expect(kept).toHaveLength(21)
  expect(kept.filter(({ text }) => text === 'tcp.port == 20')).toHaveLength(1)
  expect(kept.some(({ text, isStarred }) => text === 'mqtt.qos == 2' && isStarred)).toBe(true)
  expect(withStar(kept, 'mqtt.qos == 2').find(({ text }) => text === 'mqtt.qos == 2')?.isStarred).toBe(false)
  expect(withFilter(kept, '  ')).toEqual(kept)
  const shelf = storage(null)
  storeFilters(shelf, kept)
  expect(readFilters(shelf)).toEqual(kept)
})

test.each([null, '', 'no JSON', '{"a":1}', '[1,null,["ok",0],[2,1]]'])('a storage that holds %j is read without harm', (text) => {
  expect(readFilters(storage(text)).every(({ text: filter }) => filter === 'ok')).toBe(true)
})

test('a storage that is closed keeps nothing, and nobody is troubled', () => {
  expect(() => storeFilters(storage(null, true), [{ text: 'mqtt', isStarred: false }])).not.toThrow()
})
