// `console true` in a configuration file: what opens, whom it lets in, what the start tells, what is refused.
// The built program, asked over HTTP.

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProgram } from '../support/built.ts'
import { answer, command, configured, folder } from './support/broker-kit.ts'

const CONSOLE = ['listener PORT2 127.0.0.1', 'protocol websockets', 'console true']

async function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  return { status: response.status, body: await response.text() }
}

test('with rules or names in force everybody needs the token of the first start, which is told once and kept for the owner alone', async () => {
  const broker = await configured(['allow_anonymous false', 'console_token_file FOLDER/tokens', 'listener PORT 127.0.0.1', ...CONSOLE])
  const port = broker.ports[1]!
  const file = join(broker.folder, 'tokens')
  expect(broker.program.stderr).toMatch(/The token of the console, told only now: [0-9a-f]{40}\n/)
  const token = /told only now: ([0-9a-f]{40})/.exec(broker.program.stderr)![1]!
  expect(broker.log.filter((line) => line.includes(token) && !line.startsWith('The token of the console, told'))).toEqual([])
  expect(broker.log).toContain(`The tokens of the console are kept in ${file}.`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain(`admin ${token}`)
  expect((await ask(port, '/admin/v1/config')).status).toBe(401)
  expect((await ask(port, '/metrics')).status).toBe(401)
  expect((await ask(port, '/health')).status).toBe(200)
  const { status, body } = await ask(port, '/admin/v1/config', { Authorization: `Bearer ${token}` })
  expect(status).toBe(200)
  const options = JSON.parse(body).sections[0].options as { name: string; origin: string | null }[]
  expect(options.find(({ name }) => name === 'allow_anonymous')!.origin).toBe(`${broker.file}:1`)
})

test('where MQTT is open to this machine, so is the console; a reload that shuts the one shuts the other', async () => {
  const lines = ['console_token_file FOLDER/tokens', 'listener PORT 127.0.0.1', ...CONSOLE]
  const broker = await configured(['allow_anonymous true', ...lines])
  const port = broker.ports[1]!
  expect((await ask(port, '/admin/v1/broker')).status).toBe(200)
  broker.configure(['allow_anonymous false', ...lines])
  await broker.reload(/Reloading config\.\n/)
  await expect.poll(async () => (await ask(port, '/admin/v1/broker')).status).toBe(401)
})

test('MQTT over WebSocket goes on on the same port, and listeners without the option have no console', async () => {
  const broker = await configured([
    'allow_anonymous true',
    'console_token_file FOLDER/tokens',
    'listener PORT 127.0.0.1',
    ...CONSOLE,
    'listener PORT3 127.0.0.1',
    'protocol websockets',
  ])
  expect(await answer(broker.ports[1]!, { protocol: 'ws' })).toBe('welcome')
  expect((await ask(broker.ports[2]!, '/admin/v1/broker')).status).toBe(426)
  expect((await ask(broker.ports[2]!, '/metrics')).status).toBe(426)
})

test('a name in console_host may be asked for, others not', async () => {
  const broker = await configured([
    'allow_anonymous true',
    'console_token_file FOLDER/tokens',
    'console_host lab.example',
    'listener PORT 127.0.0.1',
    ...CONSOLE,
  ])
  const admin = `http://127.0.0.1:${broker.ports[1]}/admin/v1/session`
  const status = async (host: string): Promise<number> => {
    return await new Promise((resolve) => request(admin, { headers: { Host: host } }, (response) => resolve(response.resume().statusCode!)).end())
  }
  expect([await status('lab.example'), await status('other.example')]).toEqual([200, 403])
})

test('--lan: the console of a bare start wants the token that its link carries, also on this machine', async () => {
  const program = startProgram(['--lan', '--json', '--port', '0', '--http-port', '0'])
  await program.until('stdout', /\n/)
  const { page, consoleToken, userName, password } = JSON.parse(program.stdout) as Record<'page' | 'consoleToken' | 'userName' | 'password', string>
  const port = Number(new URL(page).port)
  expect(consoleToken).toMatch(/^[0-9a-f]{40}$/)
  expect((await ask(port, '/admin/v1/broker')).status).toBe(401)
  expect((await ask(port, '/admin/v1/broker', { Authorization: `Bearer ${consoleToken}` })).status).toBe(200)
  const { body } = await ask(port, '/admin/v1/session', { Authorization: `Bearer ${consoleToken}` })
  expect(JSON.parse(body)).toMatchObject({ role: 'admin', mqttLogin: { userName, password } })
  const local = startProgram(['--json', '--port', '0', '--http-port', '0'])
  await local.until('stdout', /\n/)
  expect(JSON.parse(local.stdout)).toMatchObject({ consoleToken: null })
})

test.each([
  [['listener 1883', 'console true'], "'console true' needs a listener with a port and `protocol websockets`."],
  [['listener 0 /tmp/a.sock', 'protocol websockets', 'console true'], "'console true' needs a listener with a port and `protocol websockets`."],
  [['listener 0 /tmp/a.sock', 'protocol http_api'], '`protocol http_api` needs a listener with a port.'],
  [['console_host https://lab.example'], "Invalid 'console_host' value (https://lab.example)."],
])('%j cannot be used', async (lines, sentence) => {
  const file = join(folder(), 'bad.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  const { code, err, out } = await command('config', 'check', file)
  expect([code, (err + out).includes(sentence)]).toEqual([3, true])
})

test('a token file with a broken line ends the start', async () => {
  const path = folder()
  writeFileSync(join(path, 'tokens'), 'admin short\n', { mode: 0o600 })
  writeFileSync(join(path, 'c.conf'), `console_token_file ${path}/tokens\nlistener 18888 127.0.0.1\nprotocol websockets\nconsole true\nuser root\n`)
  const { code, err } = await command('broker', '-c', join(path, 'c.conf'))
  expect(code).toBe(1)
  expect(err).toMatch(/Error: .*tokens:1: the token has 5 characters, 16 is the least\./)
})
