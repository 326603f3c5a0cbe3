// What the page keeps: the hash of its URL, settings, profiles without passwords, who we are at the broker; words in both languages.
// See src/console/state and src/console/words.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AdminSession, tokenOf } from '../../src/console/state/admin-session.ts'
import { Connections, EMPTY_PROFILE } from '../../src/console/state/connections.ts'
import { EventList } from '../../src/console/state/event-list.ts'
import { formatHash, type Hash, parseHash, Route } from '../../src/console/state/route.ts'
import { Selection } from '../../src/console/state/selection.ts'
import { Settings, type Storage } from '../../src/console/state/settings.ts'
import { WorkerLink } from '../../src/console/state/worker-link.ts'
import { MESSAGES } from '../../src/console/views/messages/messages-words.ts'
import { PACKETS_WORDS } from '../../src/console/views/packets/packets-words.ts'
import { matching } from '../../src/console/views/palette/palette-match.ts'
import { PUBLISH } from '../../src/console/views/publish/publish-words.ts'
import { TOPICS } from '../../src/console/views/topics/topics-words.ts'
import { FRAME } from '../../src/console/words/frame.ts'

class Memory implements Storage {
  readonly values = new Map<string, string>()
  getItem(name: string): string | null {
    return this.values.get(name) ?? null
  }
  setItem(name: string, value: string): void {
    this.values.set(name, value)
  }
}

test('any values survive the hash', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })), (values) => {
      const { screen, values: read } = parseHash(formatHash('topics', new Map(Object.entries(values))))
      expect(screen).toBe('topics')
      expect(Object.fromEntries(read)).toEqual(values)
    }),
  )
  expect(formatHash('topics', new Map([['topic', '$SYS/a b']]))).toBe('#/topics?topic=$SYS/a+b')
  expect(parseHash('#whatever/<x>').screen).toBe('')
})

test('selection and filters stand in the hash, and come back from it', () => {
  let text = '#/messages?messages=qos%3A1&topic=a/b&message=7'
  let changed = (): void => {}
  const steps: string[] = []
  const hash: Hash = {
    read: () => text,
    replace: (next) => {
      text = next
    },
    push: (next) => {
      text = next
      steps.push(next)
    },
    onChange: (action) => {
      changed = action
    },
  }
  const selection = new Selection()
  const route = new Route(hash, selection, 'topics')
  const filter = route.parameter('messages')
  expect([route.screen.value, filter.value, selection.value.value]).toEqual(['messages', 'qos:1', { topic: 'a/b', message: 7, frame: null }])
  filter.value = ''
  selection.selectTopic('c')
  expect(text).toBe('#/messages?topic=c')
  expect(steps).toEqual([])
  route.go('packets')
  expect(steps).toEqual(['#/packets?topic=c'])
  text = '#/messages?messages=x&frame=12'
  changed()
  expect([route.screen.value, filter.value, selection.value.value]).toEqual(['messages', 'x', { topic: null, message: null, frame: 12 }])
})

test('settings are kept, follow the system, and do not stumble over nonsense', () => {
  const storage = new Memory()
  const shown: string[] = []
  let isDark = false
  let changed = (): void => {}
  const surroundings = {
    storage,
    languages: ['de', 'it-CH'],
    matches: (query: string) => query.includes('dark') && isDark,
    onChange: (action: () => void) => {
      changed = action
    },
    setTheme: (theme: string) => shown.push(theme),
    setLanguage: () => {},
  }
  const settings = new Settings(surroundings)
  expect([settings.language.value, settings.theme.value, settings.shownTheme.value]).toEqual(['it', 'auto', 'light'])
  isDark = true
  changed()
  settings.nextTheme()
  expect(shown).toEqual(['light', 'dark', 'contrast'])
  expect(new Settings(surroundings).theme.value).toBe('contrast')
  settings.masks.value = true
  settings.maskFilters.value = ['secret/#']
  const again = new Settings(surroundings)
  expect([again.masks.value, again.maskFilters.value]).toEqual([true, ['secret/#']])
  storage.setItem('zanzara.settings', JSON.stringify({ masks: 'yes', maskFilters: ['a/#/b', 7] }))
  const odd = new Settings(surroundings)
  expect([odd.masks.value, odd.maskFilters.value]).toEqual([false, ['#']])
  storage.setItem('zanzara.settings', '[1')
  expect(new Settings(surroundings).theme.value).toBe('auto')
})

test('profiles are remembered without their passwords', async () => {
  const storage = new Memory()
  const port = {
    onmessage: null as ((event: { data: never }) => void) | null,
    postMessage: ({ call }: { call: number }) => queueMicrotask(() => port.onmessage!({ data: { answer: call, value: 1 } as never })),
  }
  const connections = new Connections(new WorkerLink(port as never), storage, new EventList())
  await connections.open({ ...EMPTY_PROFILE, name: 'lab', url: 'ws://localhost/mqtt', userName: 'u', password: 'secret' })
  expect([...storage.values.values()].join()).not.toContain('secret')
  expect(connections.known.value[0]).toMatchObject({ name: 'lab', userName: 'u', password: '' })
})

test('what is muted belongs to the connection and is there again when it is opened; imported ones stand behind, without passwords', async () => {
  const storage = new Memory()
  const asked: unknown[] = []
  const port = {
    onmessage: null as ((event: { data: never }) => void) | null,
    postMessage: ({ call, name, ask }: { call: number; name: string; ask: unknown }) => {
      asked.push([name, ask])
      queueMicrotask(() => port.onmessage!({ data: { answer: call, value: 1 } as never }))
    },
  }
  const profile = { ...EMPTY_PROFILE, name: 'lab', url: 'ws://localhost/mqtt' }
  const first = new Connections(new WorkerLink(port as never), storage, new EventList())
  const connection = await first.open(profile)
  await first.mute(connection, ['loud'])
  expect(asked.at(-1)).toEqual(['topics/mute', { connection: 1, paths: ['loud'] }])
  expect(connection.profile.value.muted).toEqual(['loud'])
  const second = new Connections(new WorkerLink(port as never), storage, new EventList())
  await second.open(profile)
  expect(asked.at(-1)).toMatchObject(['connection/open', { profile: { muted: ['loud'] } }])
  second.keep([profile, { ...profile, name: 'other', password: 'secret' }])
  expect(second.known.value.map(({ name, muted }) => [name, muted])).toEqual([
    ['lab', ['loud']],
    ['other', []],
  ])
  expect([...storage.values.values()].join()).not.toContain('secret')
  // what an earlier version or a stranger left there is no list of paths
  storage.setItem(
    'zanzara.profiles',
    JSON.stringify([
      { name: 'old', url: 'ws://x' },
      { name: 'odd', url: 'ws://x', muted: [1, 'a', null] },
    ]),
  )
  const third = new Connections(new WorkerLink(port as never), storage, new EventList())
  expect(third.known.value.map(({ muted }) => muted)).toEqual([[], ['a']])
})

test('logging in: the token goes to our own host once, and is kept nowhere', async () => {
  const asked: string[] = []
  let role: string | null = null
  const json = (status: number, value: unknown) => ({ ok: status < 300, status, headers: { get: () => 'application/json' }, json: async () => value })
  const admin = new AdminSession(async (path, { method = 'GET', body = '' }) => {
    asked.push(`${method} ${path} ${body}`)
    if (path.endsWith('/login')) {
      if (!body.includes('right')) return json(401, { error: 'no' })
      role = 'operator'
    }
    return json(200, { role, isLocal: false, isLoggedIn: role !== null })
  })
  expect(await admin.begin()).toMatchObject({ role: null })
  expect(await admin.login('wrong-one')).toBe('wrong')
  expect(admin.role).toBeNull()
  expect(await admin.login('right-one')).toBe('ok')
  expect(admin.role).toBe('operator')
  expect(asked).toEqual(['GET /admin/v1/session ', 'POST /admin/v1/login {"token":"wrong-one"}', 'POST /admin/v1/login {"token":"right-one"}'])
  expect(JSON.stringify(admin)).not.toContain('right-one')
})

test('a page that does not come from a broker has no session', async () => {
  const other = new AdminSession(async () => ({ ok: false, status: 404, headers: { get: () => 'text/html' }, json: async () => null }))
  expect(await other.begin()).toBeNull()
  const none = new AdminSession(async () => {
    throw new TypeError('fetch failed')
  })
  expect(await none.begin()).toBeNull()
  expect(await none.login('x')).toBe('failed')
})

test.each([
  ['#token=0123456789abcdef0123', '0123456789abcdef0123'],
  ['#/topics?token=0123456789abcdef', null],
  ['#token=<script>alert(1)</script>', null],
  ['', null],
])('%s', (hash, token) => {
  expect(tokenOf(hash)).toBe(token)
})

test('the palette finds words anywhere, in any order, the best first', () => {
  const items = [
    { text: 'Go to Packets', note: '' },
    { text: 'Publish', note: 'p' },
    { text: 'Theme: Dark', note: '' },
  ]
  expect(matching(items, 'pack').map(({ text }) => text)).toEqual(['Go to Packets'])
  expect(matching(items, 'dark theme').map(({ text }) => text)).toEqual(['Theme: Dark'])
  expect(matching(items, '')).toHaveLength(3)
  expect(matching(items, 'zzz')).toEqual([])
})

/** Every text of a catalogue by its path; functions are called with what may stand there. */
function texts(words: unknown, path = ''): [string, string][] {
  if (typeof words === 'string') return [[path, words]]
  if (typeof words === 'function') return [[path, String(words('7', '9', 'x', 'y'))]]
  return Object.entries(words as object).flatMap(([name, inner]) => texts(inner, `${path}.${name}`))
}

test.each([
  ['frame', FRAME],
  ['topics', TOPICS],
  ['messages', MESSAGES],
  ['packets', PACKETS_WORDS],
  ['publish', PUBLISH],
])('the words of %s are there in English and Italian, and translated', (_, catalogue) => {
  const english = texts(catalogue.en)
  const italian = new Map(texts(catalogue.it))
  expect([...italian.keys()].sort()).toEqual(english.map(([path]) => path).sort())
  for (const [path, text] of english) {
    expect(text.trim(), path).not.toBe('')
    expect(italian.get(path)!.trim(), path).not.toBe('')
  }
  const same = english.filter(([path, text]) => italian.get(path) === text && /[a-z]{4} [a-z]{3}/i.test(text))
  expect(same).toEqual([])
})
