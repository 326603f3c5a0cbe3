// Who may ask the console: pages of other sites, names that were made to point here, missing and wrong tokens, roles that do not suffice.
// Over real sockets where headers matter; from other addresses through the app, since tests own no others.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfiguration } from '../../src/config/parse.ts'
import { ConsoleTokens, TokenFileError } from '../../src/server/admin/console-tokens.ts'
import { refusalOf } from '../../src/server/admin/request-rules.ts'
import { isOpenToThisMachine } from '../../src/server/configured-broker.ts'
import { type ConsoleBroker, startConsole } from '../support/console-broker.ts'

const VIEWER = 'viewer-token-of-this-test'
const OPERATOR = 'operator-token-of-this-test'
const ADMIN = 'admin-token-of-this-test'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-console-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function tokens(): ConsoleTokens {
  const path = join(folder(), 'tokens')
  writeFileSync(path, `# three people\nviewer ${VIEWER}\noperator ${OPERATOR}\nadmin ${ADMIN}\n`, { mode: 0o600 })
  return ConsoleTokens.at(path)
}

const closed = (): Promise<ConsoleBroker> => startConsole({ tokens: tokens(), trustsThisMachine: () => false })
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` })

/** A request from another address. */
async function from(address: string, { admin }: ConsoleBroker, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Host: '192.0.2.1:8080', ...(init.headers as Record<string, string>) }
  return await (await admin.app()).hono.request(path, { ...init, headers }, { address, isSecure: false })
}

test('a program of this machine needs no login, one elsewhere does', async () => {
  const console = await startConsole()
  expect((await console.get('/admin/v1/session')).json).toEqual({ role: 'admin', isLocal: true, isLoggedIn: false, mqttLogin: null })
  expect((await console.get('/admin/v1/broker')).status).toBe(200)
  const away = await from('192.0.2.7', console, '/admin/v1/broker')
  expect([away.status, await away.json()]).toEqual([401, { error: 'A login is needed.' }])
  const asked = await from('192.0.2.7', console, '/admin/v1/session')
  expect(await asked.json()).toEqual({ role: null, isLocal: false, isLoggedIn: false, mqttLogin: null })
})

test('a proxy on this machine does not lend its place to those behind it', async () => {
  const console = await startConsole()
  for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via'])
    expect([header, (await console.get('/admin/v1/broker', { [header]: '203.0.113.9' })).status]).toEqual([header, 401])
})

test('a name that was made to point here is refused, whatever it asks for', async () => {
  const console = await startConsole()
  for (const path of ['/admin/v1/broker', '/admin/v1/session', '/metrics', '/index.html']) {
    const reply = await console.get(path, { Host: `rebound.example:${console.httpPort}` })
    expect([path, reply.status]).toEqual([path, 403])
    expect(reply.json.error).toMatch(/does not answer to the name rebound\.example/)
  }
  expect((await console.post('/admin/v1/login', { token: 'x' }, { Host: 'rebound.example' })).status).toBe(403)
  await expect(console.open('/admin/v1/stream', { Host: 'rebound.example' })).rejects.toThrow('refused with 403')
  await expect(console.open('/admin/v1/log/stream', { Host: 'rebound.example' })).rejects.toThrow('refused with 403')
  expect(console.lines.some((line) => line.includes('refused a request from 127.0.0.1'))).toBe(true)
})

test.each([
  ['localhost:8080', true],
  ['console.localhost', true],
  ['127.0.0.1:8080', true],
  ['[::1]:8080', true],
  ['192.0.2.1', true],
  ['LOCALHOST.', true],
  ['lab.example:8080', true],
  ['lab.example.evil.test', false],
  ['localhost.evil.test', false],
  ['127.0.0.1.evil.test', false],
  ['', false],
  ['a b', false],
])('Host %s: %s', (host, isOwn) => {
  const request = { method: 'GET', host, origin: null, fetchSite: null, isNavigation: false, isWebSocket: false }
  expect(refusalOf(request, new Set(['lab.example'])) === null).toBe(isOwn)
})

test('this machine may be asked by its own name, and by names that are listed', async () => {
  const console = await startConsole({ hostNames: ['Lab.Example'] })
  expect((await console.get('/admin/v1/session', { Host: `${hostname()}:8080` })).status).toBe(200)
  expect((await console.get('/admin/v1/session', { Host: 'lab.example' })).status).toBe(200)
})

test('pages of other sites may not ask, nor open a stream', async () => {
  const console = await startConsole()
  const host = `127.0.0.1:${console.httpPort}`
  for (const Origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', `http://localhost:${console.httpPort}`, 'file://']) {
    expect([Origin, (await console.get('/admin/v1/broker', { Origin })).status]).toEqual([Origin, 403])
    expect([Origin, (await console.post('/admin/v1/client/drop', { id: 'x' }, { Origin })).status]).toEqual([Origin, 403])
    await expect(console.open('/admin/v1/stream', { Origin })).rejects.toThrow('refused with 403')
    await expect(console.open('/admin/v1/log/stream', { Origin })).rejects.toThrow('refused with 403')
  }
  expect((await console.get('/admin/v1/broker', { Origin: `http://${host}` })).status).toBe(200)
  await console.open('/admin/v1/stream', { Origin: `http://${host}` })
})

test('what a browser loads for another page is refused, a link from there to the page is not', async () => {
  const console = await startConsole()
  const crossSite = { 'Sec-Fetch-Site': 'cross-site' }
  expect((await console.get('/admin/v1/broker', { ...crossSite, 'Sec-Fetch-Mode': 'no-cors' })).status).toBe(403)
  expect((await console.get('/admin/v1/broker', { ...crossSite, 'Sec-Fetch-Mode': 'navigate' })).status).toBe(403)
  expect((await console.get('/', { ...crossSite, 'Sec-Fetch-Mode': 'navigate' })).status).toBe(404) // not built here, but not refused
  expect((await console.get('/admin/v1/broker', { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
})

test('a form of another page cannot send what is taken', async () => {
  const console = await startConsole()
  const body = JSON.stringify({ id: 'x' })
  const reply = await (await console.admin.app()).hono.request(
    '/admin/v1/client/drop',
    { method: 'POST', body, headers: { Host: 'localhost', 'Content-Type': 'text/plain' } },
    { address: '127.0.0.1', isSecure: false },
  )
  expect(reply.status).toBe(400)
})

test('where this machine is not trusted, every question needs a token', async () => {
  const console = await closed()
  for (const path of ['/admin/v1/broker', '/admin/v1/clients', '/admin/v1/log', '/admin/v1/openapi.json', '/metrics', '/admin/v1/config'])
    expect([path, (await console.get(path)).status]).toEqual([path, 401])
  await expect(console.open('/admin/v1/stream')).rejects.toThrow('refused with 401')
  expect((await console.get('/health')).status).toBe(200)
  expect((await console.get('/ready')).status).toBe(200)
  expect((await console.get('/admin/v1/broker', bearer('wrong-token-wrong-token'))).status).toBe(401)
  expect((await console.get('/admin/v1/broker', bearer(VIEWER))).status).toBe(200)
})

test('a role does what it includes and nothing more', async () => {
  const console = await closed()
  const asks = async (token: string): Promise<number[]> => [
    (await console.get('/admin/v1/clients', bearer(token))).status,
    (await console.get('/admin/v1/config', bearer(token))).status,
    (await console.post('/admin/v1/client/drop', { id: 'nobody' }, bearer(token))).status,
    (await console.post('/admin/v1/dynsec', { commands: [{ command: 'listClients' }] }, bearer(token))).status,
  ]
  expect(await asks(VIEWER)).toEqual([200, 403, 403, 403])
  expect(await asks(OPERATOR)).toEqual([200, 200, 404, 403])
  expect(await asks(ADMIN)).toEqual([200, 200, 404, 404])
  await expect(console.open('/admin/v1/stream', bearer(VIEWER))).rejects.toThrow('refused with 403')
  await console.open('/admin/v1/stream', bearer(OPERATOR))
  await console.open('/admin/v1/log/stream', bearer(VIEWER))
  expect((await console.get('/admin/v1/config', bearer(VIEWER))).json).toEqual({ error: 'This needs the role operator; yours is viewer.' })
})

test('a login gives a cookie that no script and no other site gets, and ends with logout', async () => {
  const console = await closed()
  const login = await console.post('/admin/v1/login', { token: OPERATOR })
  expect([login.status, login.json]).toEqual([200, { role: 'operator', isLocal: false, isLoggedIn: true, mqttLogin: null }])
  const [cookie] = login.headers['set-cookie']!
  expect(cookie).toMatch(/^zanzara-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const Cookie = cookie!.split(';')[0]!
  expect((await console.get('/admin/v1/config', { Cookie })).status).toBe(200)
  expect((await console.get('/admin/v1/session', { Cookie })).json).toEqual({ role: 'operator', isLocal: false, isLoggedIn: true, mqttLogin: null })
  expect((await console.get('/admin/v1/config', { Cookie: `${Cookie}x` })).status).toBe(401)
  expect((await console.post('/admin/v1/logout', {}, { Cookie })).json).toEqual({ role: null, isLocal: false, isLoggedIn: false, mqttLogin: null })
  expect((await console.get('/admin/v1/config', { Cookie })).status).toBe(401)
  expect(console.lines).toContain('notice: Console: operator logged in from 127.0.0.1.')
  expect(console.lines.join('\n')).not.toContain(OPERATOR)
})

test('the login that the page needs for MQTT is told to administrators alone', async () => {
  const mqttLogin = { userName: 'lab', password: 'made-up-at-the-start' }
  const console = await startConsole({ tokens: tokens(), trustsThisMachine: () => false, mqttLogin })
  const told = async (headers: Record<string, string>): Promise<unknown> => (await console.get('/admin/v1/session', headers)).json.mqttLogin
  expect(await told({})).toBeNull()
  expect(await told(bearer('a-token-that-nobody-knows'))).toBeNull()
  expect(await told(bearer(VIEWER))).toBeNull()
  expect(await told(bearer(OPERATOR))).toBeNull()
  expect(await told(bearer(ADMIN))).toEqual(mqttLogin)
  expect((await console.post('/admin/v1/login', { token: OPERATOR })).json.mqttLogin).toBeNull()
  const { json, headers } = await console.post('/admin/v1/login', { token: ADMIN })
  expect([json.mqttLogin, headers['cache-control']]).toEqual([mqttLogin, 'no-store'])
  expect(console.lines.join('\n')).not.toContain('made-up')
})

test('a cookie that came by TLS goes by TLS only', async () => {
  const { admin } = await closed()
  const init = { method: 'POST', body: JSON.stringify({ token: ADMIN }), headers: { Host: 'localhost', 'Content-Type': 'application/json' } }
  const reply = await (await admin.app()).hono.request('/admin/v1/login', init, { address: '192.0.2.7', isSecure: true })
  expect(reply.headers.get('set-cookie')).toContain('; Secure')
})

test('who guesses tokens has to wait, and with the right one, too', async () => {
  const console = await closed()
  const logIn = (token: string): Promise<Response> =>
    from('192.0.2.66', console, '/admin/v1/login', { method: 'POST', body: JSON.stringify({ token }), headers: { 'Content-Type': 'application/json' } })
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) statuses.push((await logIn(`guess-number-${i}-of-many`)).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  expect((await logIn(ADMIN)).status).toBe(429)
  expect((await from('192.0.2.66', console, '/admin/v1/broker', { headers: bearer(ADMIN) })).status).toBe(429)
  expect((await from('192.0.2.67', console, '/admin/v1/broker', { headers: bearer(ADMIN) })).status).toBe(200)
  expect(console.lines.filter((line) => line === 'warning: Console: a login from 192.0.2.66 was refused: wrong token.').length).toBe(5)
})

test('every answer forbids being kept, sniffed, framed and scripted', async () => {
  const console = await startConsole()
  for (const path of ['/admin/v1/broker', '/admin/v1/nothing', '/metrics', '/nothing']) {
    const { headers } = await console.get(path)
    expect([path, headers['cache-control'], headers['x-content-type-options'], headers['x-frame-options']]).toEqual([path, 'no-store', 'nosniff', 'DENY'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(headers['content-security-policy']).not.toMatch(/unsafe/)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('the token file is made once, for its owner alone, and read from then on', () => {
  const path = join(folder(), 'below', 'console-tokens')
  const made = ConsoleTokens.at(path)
  expect(made.firstToken).toMatch(/^[0-9a-f]{40}$/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toContain(`admin ${made.firstToken}\n`)
  const again = ConsoleTokens.at(path)
  expect([again.firstToken, again.warning, again.roleOf(made.firstToken!), again.roleOf('')]).toEqual([null, null, 'admin', null])
})

test('a token file that others may read is told; one with a broken line ends the start', () => {
  const path = join(folder(), 'tokens')
  writeFileSync(path, `viewer ${VIEWER}\n`, { mode: 0o644 })
  expect(ConsoleTokens.at(path).warning).toContain('chmod 0600')
  for (const [text, sentence] of [
    ['root aaaaaaaaaaaaaaaaaaaa\n', /tokens:1: a line of tokens is/],
    [`viewer ${VIEWER}\nadmin short\n`, /tokens:2: the token has 5 characters, 16 is the least/],
    ['admin one two three\n', /tokens:1: a line of tokens is/],
  ] as const) {
    writeFileSync(path, text)
    expect(() => ConsoleTokens.at(path)).toThrow(TokenFileError)
    expect(() => ConsoleTokens.at(path)).toThrow(sentence)
  }
})

test.each([
  [['listener 1884 127.0.0.1', 'allow_anonymous true'], true],
  [[], true],
  [['listener 1884 127.0.0.1'], false],
  [['listener 1884', 'allow_anonymous true', 'sys_acl admin'], false],
  [['listener 1884', 'allow_anonymous true', 'password_file /tmp/p'], false],
  [['listener 1884', 'allow_anonymous true', 'mount_point a/'], false],
  [['per_listener_settings true', 'listener 1884', 'allow_anonymous true', 'listener 1885', 'allow_anonymous true', 'acl_file /tmp/a'], false],
  [['per_listener_settings true', 'listener 1884', 'allow_anonymous true', 'listener 1885', 'password_file /tmp/p'], false],
  [['per_listener_settings true', 'listener 1884', 'allow_anonymous true', 'listener 1885', 'protocol http_api'], true],
])('%j: programs of this machine need no token: %j', (lines, isOpen) => {
  const configuration = parseConfiguration(Buffer.from(`${lines.join('\n')}\n`), 'test.conf')
  expect(isOpenToThisMachine(configuration)).toBe(isOpen)
})
