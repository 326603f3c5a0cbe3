// Publishing from the page: placeholders, the form and what is wrong with it, jobs in a rhythm.
// See src/console/worker/template.ts, publisher.ts, src/console/views/publish/publish-form.ts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { payloadLines } from '../../src/console/views/publish/payload-tokens.ts'
import { draftOf, EMPTY_FORM, formOf, isJson, KeptForms, type PublishForm, problemOf } from '../../src/console/views/publish/publish-form.ts'
import type { Draft, PublishProgress } from '../../src/console/worker/protocol.ts'
import { Publisher } from '../../src/console/worker/publisher.ts'
import { fillIn, parseTemplate } from '../../src/console/worker/template.ts'
import type { Delivery, OutgoingMessage } from '../../src/session/client-effects.ts'

const FORM: PublishForm = { ...EMPTY_FORM, topic: 'a/b', text: 'hello' }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('placeholders are filled in for each message', () => {
  const values = { n: 7, now: Date.UTC(2026, 0, 2, 3, 4, 5, 6), random: () => 0.5 }
  const fill = (template: string): string => fillIn(parseTemplate(template), values)
  expect(fill('{{n}} {{ts}} {{iso}}')).toBe('7 1767323045006 2026-01-02T03:04:05.006Z')
  expect(fill('{{rand 0 100}} {{rand 20.0 25.0}} {{pick a b c}}')).toBe('50 22.5 b')
  expect(fill('{{ n }}{}{{}')).toBe('7{}{{}')
  expect(fill('{{uuid}}')).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test.each(['{{x}}', '{{rand}}', '{{rand 5 1}}', '{{rand a b}}', '{{pick}}', '{{n 1}}'])('%s is named as unknown', (template) => {
  expect(parseTemplate(`a ${template} b`).problem).toContain(template)
})

test('random numbers stay within their bounds, with as many decimals as the bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (from, more, drawn) => {
      const values = { n: 1, now: 0, random: () => drawn }
      const whole = Number(fillIn(parseTemplate(`{{rand ${from} ${from + more}}}`), values))
      expect(Number.isInteger(whole)).toBe(true)
      expect(whole).toBeGreaterThanOrEqual(from)
      expect(whole).toBeLessThanOrEqual(from + more)
      expect(fillIn(parseTemplate(`{{rand ${from}.00 ${from + more}.00}}`), values)).toMatch(/^-?\d+\.\d\d$/)
    }),
  )
})

test.each<[string, Partial<PublishForm>, string | null]>([
  ['a topic and a text', {}, null],
  ['no topic', { topic: '' }, 'topic'],
  ['a wildcard', { topic: 'a/#' }, 'topic'],
  ['a NUL', { topic: 'a\0' }, 'topic'],
  ['a placeholder in the topic', { topic: 'a/{{n}}' }, null],
  ['an unknown placeholder in the topic', { topic: 'a/{{x}}' }, 'template'],
  ['an unknown placeholder in the payload', { text: '{{x}}' }, 'template'],
  ['which is just bytes in hex', { kind: 'hex', text: '7b7b' }, null],
  ['half a byte', { kind: 'hex', text: '7b7' }, 'payload'],
  ['no file', { kind: 'file' }, 'payload'],
  ['JSON that is none', { kind: 'json', text: '{' }, null],
  ['an expiry that is no number', { properties: [{ option: 'message-expiry-interval', name: '', value: 'soon' }] }, 'property'],
  ['an expiry', { properties: [{ option: 'message-expiry-interval', name: '', value: '60' }] }, null],
  ['a response topic with a wildcard', { properties: [{ option: 'response-topic', name: '', value: 'a/+' }] }, 'property'],
  ['a user property without a name', { properties: [{ option: 'user-property', name: '', value: 'x' }] }, 'property'],
])('%s', (_, change, field) => {
  expect(problemOf({ ...FORM, ...change })?.field ?? null).toBe(field)
})

test('a form becomes a draft; 3.1.1 has no properties', () => {
  const properties = [
    { option: 'message-expiry-interval', name: '', value: '60' },
    { option: 'payload-format-indicator', name: '', value: '1' },
    { option: 'user-property', name: 'k', value: 'v' },
  ]
  const draft = draftOf({ ...FORM, properties, qos: 1, retain: true, repeats: true }, true)
  expect(draft).toMatchObject({ topic: 'a/b', qos: 1, retain: true, times: 20, everyMs: 500, isTemplate: false })
  expect(draft.properties).toEqual({ messageExpiryInterval: 60, payloadFormatIndicator: 1, userProperties: [['k', 'v']] })
  expect(draftOf({ ...FORM, properties }, false)).toMatchObject({ properties: {}, times: 1 })
  expect(text(draft.payload)).toBe('hello')
  expect(draftOf({ ...FORM, kind: 'hex', text: '00:FF 0x7b' }, true).payload).toEqual(Uint8Array.of(0, 255, 0x7b))
})

test('a message that is sent again is typed as what it is', () => {
  const again = (payload: Uint8Array): PublishForm => formOf(EMPTY_FORM, 't', payload)
  expect(again(new TextEncoder().encode('{"a":1}'))).toMatchObject({ kind: 'json', text: '{"a":1}' })
  expect(again(new TextEncoder().encode('21 °C'))).toMatchObject({ kind: 'text', text: '21 °C' })
  expect(again(Uint8Array.of(0, 255))).toMatchObject({ kind: 'hex', text: '00 ff' })
})

test('JSON with placeholders counts as JSON', () => {
  expect([isJson('{"n":{{n}},"s":"{{pick a b}}"}'), isJson('{"n":{{n}}'), isJson('')]).toEqual([true, false, false])
})

test('coloured lines are the text, character for character', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '"a"', '"', '\\', ':', ' ', '1.5', 'true', '{{n}}', '\n', 'ü'), { maxLength: 40 }),
      fc.constantFrom('json' as const, 'text' as const, 'hex' as const),
      (pieces, kind) => {
        const typed = pieces.join('')
        const lines = payloadLines(typed, kind)
        expect(lines.map((tokens) => tokens.map((token) => token.text).join('')).join('\n')).toBe(typed)
      },
    ),
  )
  expect(
    payloadLines('{"k": "a{{n}}", "x": 1}', 'json')[0]!
      .filter(({ kind }) => kind !== 'plain')
      .map((token) => `${token.kind} ${token.text}`),
  ).toEqual(['key "k"', 'string "a', 'hole {{n}}', 'string "', 'key "x"', 'number 1'])
})

test('kept forms: the newest first, equal ones once, files never', () => {
  const values = new Map<string, string>()
  const kept = new KeptForms({ getItem: (name) => values.get(name) ?? null, setItem: (name, value) => void values.set(name, value) }, 'k')
  kept.add(FORM)
  kept.add({ ...FORM, topic: 'c' })
  kept.add(FORM)
  kept.add({ ...FORM, kind: 'file', file: { name: 'secret', bytes: Uint8Array.of(1) } })
  expect(kept.list().map(({ topic }) => topic)).toEqual(['a/b', 'c'])
  kept.remove(0)
  expect(kept.list().map(({ topic }) => topic)).toEqual(['c'])
  values.set('k', '{not json')
  expect(kept.list()).toEqual([])
})

interface Sent {
  readonly at: number
  readonly message: OutgoingMessage
}

/** A publisher with a clock by hand; each message is acknowledged `ackMs` later. */
function publisher(ackMs = 3): { publisher: Publisher; sent: Sent[]; told: Omit<PublishProgress, 'connection'>[]; run: (ms: number) => void } {
  let now = 0
  let timers: { at: number; action: () => void }[] = []
  const sent: Sent[] = []
  const told: Omit<PublishProgress, 'connection'>[] = []
  const after = (ms: number, action: () => void): (() => void) => {
    const timer = { at: now + ms, action }
    timers.push(timer)
    return () => {
      timers = timers.filter((one) => one !== timer)
    }
  }
  const made: Publisher = new Publisher({
    publish: (message) => {
      sent.push({ at: now, message })
      const delivery = { message } as unknown as Delivery
      after(ackMs, () => made.delivered(delivery, message.qos === 0 ? null : ({ reasonCode: 0 } as never)))
      return delivery
    },
    published: () => {},
    after,
    wallMs: () => now,
    random: () => 0,
    progress: (progress) => told.push(progress),
  })
  const run = (ms: number): void => {
    const end = now + ms
    for (;;) {
      const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      timers = timers.filter((one) => one !== next)
      now = Math.max(now, next.at)
      next.action()
    }
    now = end
  }
  return { publisher: made, sent, told, run }
}

const DRAFT: Draft = {
  topic: 'a/{{n}}',
  payload: new TextEncoder().encode('{{n}}'),
  isTemplate: true,
  qos: 1,
  retain: false,
  properties: {},
  times: 3,
  everyMs: 100,
}

test('repeated messages keep their rhythm, each with its number', () => {
  const { publisher: one, sent, told, run } = publisher()
  one.send(DRAFT)
  run(1000)
  expect(sent.map(({ at, message }) => `${at} ${message.topicName} ${text(message.payload)}`)).toEqual(['0 a/1 1', '100 a/2 2', '200 a/3 3'])
  expect(told.at(-1)).toMatchObject({ sent: 3, done: 3, failed: 0, times: 3, lastMs: 3, isOver: true })
})

test('a job that is stopped sends nothing more', () => {
  const { publisher: one, sent, told, run } = publisher()
  const job = one.send(DRAFT)
  run(150)
  one.stop(job)
  run(1000)
  expect(sent).toHaveLength(2)
  expect(told.at(-1)).toMatchObject({ sent: 2, isOver: true })
})

test('without a pause many go at once, in slices', () => {
  const { publisher: one, sent, run } = publisher()
  one.send({ ...DRAFT, times: 1000, everyMs: 0 })
  expect(sent.length).toBeLessThan(1000)
  run(1000)
  expect(sent).toHaveLength(1000)
})

test('messages that are replayed keep the times between them when asked', () => {
  const { publisher: one, sent, run } = publisher()
  const message = (n: number) => ({ topic: `t${n}`, payload: Uint8Array.of(n), qos: 0 as const, retain: false, properties: {}, atMs: n * n * 10 })
  one.replay([message(0), message(1), message(2)], true)
  run(1000)
  expect(sent.map(({ at }) => at)).toEqual([0, 10, 40])
})

test('a draft with an unknown placeholder is refused before anything is sent', () => {
  const { publisher: one, sent } = publisher()
  expect(() => one.send({ ...DRAFT, topic: '{{x}}' })).toThrow('{{x}} is not known')
  expect(sent).toEqual([])
})
